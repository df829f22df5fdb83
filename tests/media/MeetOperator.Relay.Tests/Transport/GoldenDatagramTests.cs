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
        "e50100070b0b0b0b0100123512350000101112131415161718191a1b1c1d1e1f9ba557a4bbbab0fa61aa6f28b90a9e4f";

    private const string Accept =
        "e50200070a0a0a0a0100123512350000101112131415161718191a1b1c1d1e1f808182838485868788898a8b8c8d8e8f"
        + "d24926d5f8f3a89b67a2052985ea8e17";

    private const string Confirm =
        "e50300070b0b0b0b0100123512350000101112131415161718191a1b1c1d1e1f808182838485868788898a8b8c8d8e8f"
        + "72e0b0acb1918966f1396415e4890a12";

    private const string PingOfAcceptor =
        "e50512350a0a0a0a82cc0006000000000926ce7874a81ece63480337e480258af100ef165a5aa7f6ef302fecef5172a6"
        + "6cfb0d6f80000000";

    private const string PongOfOpener =
        "e50512350b0b0b0b83cc0007000000003e8aed10e79fcb1ba88d8e74ead8a8e1b45329c3534012f2abbdaf3b74b5e8a2"
        + "6beed9e316ee7a8b80000000";

    private const string PingOfOpener =
        "e50512350b0b0b0b82cc000600000000cf64bbcd83b6ceaae177d8bd8fd81c21c136f4e9738091ed12b7df74a1a4e022"
        + "c234273180000001";

    private const string Rtp =
        "e50412350b0b0b0b806000010000000200000007e5129415aee861f51ede840d0b0f0a31e7892d06";

    private const string SegmentOfOpener =
        "e50512350b0b0b0b80cc00080000000082eabbd08d8f51b422ef402fbc3be2ffdaf7651c3c5dc02eaddfc6842b8abd87"
        + "27b20d373f06fbafd4a243ff80000002";

    private const string AcknowledgementOfAcceptor =
        "e50512350a0a0a0a81cc00050000000088dd09e8ab883478731fe58f47276aad6a6b835c97dcc25bb82bd06e02abfcfb"
        + "80000002";

    private const string ByeOfOpener =
        "e50512350b0b0b0b84cc000300000000e848522e1623082a6414ca776c1a15e006c394b65117d9e780000003";

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
