using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Messages;
using MeetOperator.Relay.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Relay.Tests.Transport;

/// <summary>
/// The bytes of each datagram for a fixed secret and fixed nonces, computed by an independent implementation of docs/relay.md. They are the contract between two releases,
/// so a changed expectation breaks links during an upgrade.
/// </summary>
public sealed class GoldenDatagramTests
{
    private const long Now = TimeSpan.TicksPerDay;

    private const string Hello =
        "e50100070b0b0b0b0100123512350000101112131415161718191a1b1c1d1e1fb3eb77bf8fa28c0a7bf764a0f5077a75";

    private const string Accept =
        "e50200070a0a0a0a0100123512350000101112131415161718191a1b1c1d1e1f808182838485868788898a8b8c8d8e8f"
        + "6d98d325590231232d61b9d46ef5bbee";

    private const string Confirm =
        "e50300070b0b0b0b0100123512350000101112131415161718191a1b1c1d1e1f808182838485868788898a8b8c8d8e8f"
        + "8a194538fd3cd7888a04db44d825a973";

    private const string PingOfAcceptor =
        "e50512350a0a0a0a82cc000600000000563cf205f53a086e02a54a213c6f89046636b02363d1b09ed1570b3fa8ff5dc8"
        + "28fcfbb380000000";

    private const string PongOfOpener =
        "e50512350b0b0b0b83cc000700000000cc05e05b88b77a411ccd3b690a94146c6846ef7dbbde065c61df39b747982b80"
        + "bd594fb454e9773d80000000";

    private const string PingOfOpener =
        "e50512350b0b0b0b82cc000600000000c6c5b05f0a7809d65de4f10b40521902242aae5857f0674e24652222e3c5b2bd"
        + "58326b4580000001";

    private const string Rtp =
        "e50412350b0b0b0b8060000100000002000000077e60eabdb8b989a71936692b431284f69792fe87";

    private const string SegmentOfOpener =
        "e50512350b0b0b0b80cc000800000000dc4cfe5592666a361536d3b06d17df3c081501bf9f4a3c596bbb5791a02029e7"
        + "5a8a3274e45886eb5478399d80000002";

    private const string AcknowledgementOfAcceptor =
        "e50512350a0a0a0a81cc0005000000004c5b8eb835ef3a44a40a5b620407e72046ccc34fda2fdb2c0fcfb6fe4304ec06"
        + "80000002";

    private const string ByeOfOpener =
        "e50512350b0b0b0b84cc000300000000243f69101925d7cfb2aa1e9e4bc64e81f60dfe4f6ac6523880000003";

    private readonly LinkTransport _opener = Create(LinkRole.Opener, 0x10);
    private readonly LinkTransport _acceptor = Create(LinkRole.Acceptor, 0x80);

    [Fact]
    public void TryPoll_WholeLink_HasGoldenBytes()
    {
        Assert.Equal(Hello, Move(_opener, _acceptor));
        Assert.Equal(Accept, Move(_acceptor, _opener));
        Assert.Equal(Confirm, Move(_opener, _acceptor));
        Assert.Equal(PingOfAcceptor, Move(_acceptor, _opener));
        Assert.Equal(PongOfOpener, Move(_opener, _acceptor));
        Assert.Equal(PingOfOpener, Move(_opener, _acceptor));
        Move(_acceptor, _opener); // a pong

        var datagram = new byte[100];
        var length = _opener.ProtectRtp(Hex.Bytes("80600001 00000002 00000007"), "link"u8, datagram);
        Assert.Equal(Rtp, Text(datagram.AsSpan(0, length)));

        Assert.True(_opener.TrySend(Now, [1, 2, 3]));
        Assert.Equal(SegmentOfOpener, Move(_opener, _acceptor));
        Assert.Equal(AcknowledgementOfAcceptor, Move(_acceptor, _opener, Now + (5 * TimeSpan.TicksPerMillisecond)));

        _opener.Close(Now, ByeReason.Removed);
        Assert.Equal(ByeOfOpener, Move(_opener, _acceptor));
        Assert.Equal(LinkState.Broken, _acceptor.State);
    }

    private static LinkTransport Create(LinkRole role, byte nonce)
    {
        var isOpener = role == LinkRole.Opener;
        var transport = new LinkTransport(new LinkOptions
        {
            Role = role,
            LocalTag = isOpener ? LinkPair.OpenerTag : LinkPair.AcceptorTag,
            RemoteTag = isOpener ? LinkPair.AcceptorTag : LinkPair.OpenerTag,
            Random = new FixedRandom(nonce),
        });
        transport.SetSecrets(Now, new LinkSecret(7, [.. Enumerable.Range(0, LinkSecret.Length).Select(i => (byte)i)]));
        return transport;
    }

    /// <summary>Delivers the next datagram and returns it.</summary>
    private static string Move(LinkTransport from, LinkTransport to, long now = Now)
    {
        var datagram = new byte[LinkTransport.MaximumControlBytes];
        Assert.True(from.TryPoll(now, datagram, out var length));
        var text = Text(datagram.AsSpan(0, length));
        Assert.Equal(LinkReceivedKind.Handled, to.Handle(Now, datagram.AsSpan(0, length)).Kind);
        return text;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    private sealed class FixedRandom(byte first) : Random
    {
        public override int Next(int maxValue) => 0x1234;

        public override void NextBytes(Span<byte> buffer)
        {
            for (var i = 0; i < buffer.Length; i++)
            {
                buffer[i] = (byte)(first + i);
            }
        }
    }
}
