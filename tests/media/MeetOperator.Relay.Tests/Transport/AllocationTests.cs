using System.Buffers.Binary;
using MeetOperator.Relay.Transport;

namespace MeetOperator.Relay.Tests.Transport;

public sealed class AllocationTests
{
    /// <summary>A garbage collection that another test causes counts the unused rest of the thread's allocation context, at most once. Thousands of packets that allocate exceed it.</summary>
    private const long AllocationContextBytes = 8 * 1024;

    [Fact]
    public void HandleAndProtect_ManyPackets_AllocateNothing()
    {
        var pair = LinkPair.Connect();
        Relay(pair, 1, 100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Relay(pair, 101, 20_000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, AllocationContextBytes);
    }

    /// <summary>Sends RTP and RTCP packets of four streams, and runs what a loop does after each: messages, outputs and timeouts, with pings among them.</summary>
    private static void Relay(LinkPair pair, int first, int count)
    {
        var (opener, acceptor) = (pair.Opener.Transport, pair.Acceptor.Transport);
        Span<byte> header = [0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        Span<byte> payload = stackalloc byte[1100];
        ReadOnlySpan<byte> report = [0x80, 201, 0, 1, 0, 0, 0, 9];
        Span<byte> datagram = stackalloc byte[1400];
        for (var i = first; i < first + count; i++)
        {
            var now = pair.Network.NowTicks + (i * TimeSpan.TicksPerMillisecond);
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(i / 4));
            header[11] = (byte)(i % 4);
            var length = opener.ProtectRtp(header, payload, datagram);
            var received = acceptor.Handle(now, datagram[..length]);
            Require(received is { Kind: LinkReceivedKind.Rtp, Length: 1112 });

            length = acceptor.ProtectRtcp(report, datagram);
            Require(opener.Handle(now, datagram[..length]) is { Kind: LinkReceivedKind.Rtcp, Length: 8 });
            Exchange(now, opener, acceptor, datagram);
            Exchange(now, acceptor, opener, datagram);
            Exchange(now, opener, acceptor, datagram);
        }

        Require(opener.State == LinkState.Up && acceptor.State == LinkState.Up);
    }

    private static void Exchange(long now, LinkTransport from, LinkTransport to, Span<byte> datagram)
    {
        if (from.NextTimeoutTicks <= now)
        {
            from.HandleTimeout(now);
        }

        while (from.TryPoll(now, datagram, out var written))
        {
            Require(to.Handle(now, datagram[..written]).Kind == LinkReceivedKind.Handled);
        }

        Require(!from.TryReceive(out _));
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            Assert.Fail("The link did not relay a packet.");
        }
    }
}
