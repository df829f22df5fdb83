using System.Runtime.CompilerServices;
using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Transport;

namespace MeetOperator.Fuzz.Tests;

public sealed class LinkFuzzTests
{
    private const uint OpenerTag = 0x0A0A0A0A;
    private const uint AcceptorTag = 0x0B0B0B0B;

    private readonly byte[] _buffer = new byte[2000];
    private long _now = TimeSpan.TicksPerDay;

    /// <summary>Without the secret, nothing opens a session or gets media or a message through.</summary>
    [Theory]
    [InlineData(LinkRole.Opener)]
    [InlineData(LinkRole.Acceptor)]
    public void Handle_AnyDatagram_OpensNothing(LinkRole role)
    {
        using var transport = Create(role, fill: 1);
        FuzzLoop.Run("link-datagram", input =>
        {
            input.CopyTo(_buffer);
            var result = transport.Handle(_now += TimeSpan.TicksPerMillisecond, _buffer.AsSpan(0, input.Length));

            Assert.Equal(LinkReceivedKind.Dropped, result.Kind);
            Assert.Equal(!LinkDatagram.TryRead(input, out var header), result.DropReason == LinkDropReason.Malformed && header == default);
            Assert.Equal(header != default && header.Tag != (role == LinkRole.Opener ? OpenerTag : AcceptorTag), result.DropReason == LinkDropReason.UnknownTag);
            Assert.Equal(LinkState.Opening, transport.State);
            Assert.False(transport.TryReceive(out _));
        });
    }

    /// <summary>A peer with the secret sends anything in place of control packets: it can only harm its own link.</summary>
    [Fact]
    public void Handle_AnyControlPacketOfAuthenticPeer_KeepsTheLinkUsable()
    {
        LinkTransport? opener = null;
        LinkTransport? acceptor = null;
        FuzzLoop.Run(
            "link-control",
            input =>
            {
                if (opener is not { State: LinkState.Up } || acceptor is not { State: LinkState.Up })
                {
                    opener?.Dispose();
                    acceptor?.Dispose();
                    (opener, acceptor) = (Create(LinkRole.Opener, fill: 0), Create(LinkRole.Acceptor, fill: 0));
                    Exchange(opener, acceptor);
                    Assert.Equal((LinkState.Up, LinkState.Up), (opener.State, acceptor.State));
                }

                Deliver(ProtectCompound(opener, input, _buffer), acceptor);
                var taken = 0;
                while (acceptor.TryReceive(out var message))
                {
                    Assert.InRange(message.Length, 1, LinkTransport.MaximumMessageBytes);
                    taken++;
                }

                Assert.InRange(taken, 0, 64 * 400);
                _now += TimeSpan.TicksPerMillisecond;
                acceptor.HandleTimeout(_now);
                opener.HandleTimeout(_now);
                Exchange(opener, acceptor);
            },
            cost: 20,
            maximumBytes: 1024 * 1024);
        opener?.Dispose();
        acceptor?.Dispose();
    }

    /// <summary>Protects also what an end does not send: control packets that it has not written itself.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ProtectCompound")]
    private static extern int ProtectCompound(LinkTransport transport, ReadOnlySpan<byte> compound, Span<byte> destination);

    private LinkTransport Create(LinkRole role, byte fill)
    {
        var isOpener = role == LinkRole.Opener;
        var transport = new LinkTransport(new LinkOptions
        {
            Role = role,
            LocalTag = isOpener ? OpenerTag : AcceptorTag,
            RemoteTag = isOpener ? AcceptorTag : OpenerTag,
            Random = new Random(role == LinkRole.Opener ? 1 : 2),
        });
        transport.SetSecrets(_now, new LinkSecret(7, [.. Enumerable.Range(fill, LinkSecret.Length).Select(i => (byte)i)]));
        return transport;
    }

    private void Exchange(LinkTransport one, LinkTransport other)
    {
        for (var round = 0; round < 6; round++)
        {
            Send(one, other);
            Send(other, one);
        }
    }

    private void Send(LinkTransport from, LinkTransport to)
    {
        while (from.TryPoll(_now, _buffer, out var written))
        {
            Deliver(written, to);
        }
    }

    private void Deliver(int length, LinkTransport to) => to.Handle(_now, _buffer.AsSpan(0, length));
}
