using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

public sealed class AllocationTests
{
    /// <summary>A garbage collection that another test causes counts the unused rest of the thread's allocation context, at most once. Thousands of packets that allocate exceed it.</summary>
    private const long AllocationContextBytes = 8 * 1024;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OnRtp_TwentySubscribers_AllocatesNothing(bool rtx)
    {
        var call = new Call();
        for (uint i = 0; i < 20; i++)
        {
            new Subscriber(new NullEgress()).Add(call.Track, new DownTrackOptions
            {
                Ssrc = 5000 + (i * 2),
                PayloadType = 96,
                RtxSsrc = rtx ? 5001 + (i * 2) : null,
                RtxPayloadType = rtx ? (byte)97 : null,
                Nack = true,
                Extensions = HeaderExtensionMap.Empty,
                FirstSequenceNumber = 1,
                Cname = "alice",
            });
        }

        var packets = Enumerable.Range(0, 1000).Select(i => Call.Packet((ushort)i, (uint)(i * 300), i == 0, Call.Ssrc, 96, (ushort)i, "v", null, new byte[1100])).ToArray();
        packets[0] = Call.Packet(0, 0, true, Call.Ssrc, 96, 0, "v", null, null);
        Send(call, packets);

        for (var i = 0; i < packets.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packets[i].AsSpan(2), (ushort)(1000 + i));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Send(call, packets);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, AllocationContextBytes);
        Assert.Equal(40_000, call.Track.ForwardedPackets);
    }

    /// <summary>Twenty subscribers with different qualities of one stream with spatial and temporal layers, and a key picture now and then.</summary>
    [Fact]
    public void OnRtp_LayersLeftOut_AllocatesNothing()
    {
        var call = new Call();
        call.Publisher.Renegotiate(call.Track, call.Track.Options with
        {
            Codec = VideoCodec.Vp9,
            Extensions = Call.PublisherMap.With(HeaderExtensionKind.DependencyDescriptor, 12),
        });
        List<DownTrack> downs = [];
        for (uint i = 0; i < 20; i++)
        {
            downs.Add(new Subscriber(new NullEgress()).Add(call.Track, new DownTrackOptions
            {
                Ssrc = 5000 + i,
                PayloadType = 96,
                Extensions = HeaderExtensionMap.Empty.With(HeaderExtensionKind.DependencyDescriptor, 3),
                FirstSequenceNumber = 1,
                Cname = "alice",
            }));
            downs[^1].SetView(TrackView.Of(1280, 720));
        }

        var encoder = new ScalableEncoder(3, 3, isKeyOnly: false);
        var packets = Enumerable.Range(0, 400)
            .SelectMany(picture => encoder.Encode(isKey: picture % 100 == 0).Select(frame => (Picture: picture, Descriptor: frame.Describe(true, true))))
            .Select((p, i) => Call.Packet((ushort)i, (uint)(p.Picture * 3000), false, Call.Ssrc, 96, (ushort)i, "v", null, new byte[1100], descriptor: p.Descriptor)).ToArray();
        Send(call, packets.AsSpan(..300));
        call.Advance(1000);
        for (var i = 0; i < downs.Count; i++)
        {
            downs[i].Limit(call.Now, i % 7);
        }

        Send(call, packets.AsSpan(300..600));
        var sent = downs.Sum(d => d.SentPackets);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Send(call, packets.AsSpan(600..));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, AllocationContextBytes);
        Assert.InRange(downs.Sum(d => d.SentPackets) - sent, 2_000, 10_000); // of 12,000
    }

    private static void Send(Call call, ReadOnlySpan<byte[]> packets)
    {
        foreach (var packet in packets)
        {
            call.Publisher.OnRtp(call.Now, packet);
        }
    }

    private sealed class NullEgress : IPeerEgress
    {
        public bool IsReady => true;

        /// <summary>The down track counts the packets.</summary>
        public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => payload;

        public void Retransmit(ReadOnlySpan<byte> packet)
        {
            // The test loses no packets.
        }

        public void SendRtcp(ReadOnlySpan<byte> compound)
        {
            // The test ignores reports.
        }

        public void WakeAt(long ticks)
        {
            // The test runs the timers itself.
        }

        public void Fail(Exception error) => throw new InvalidOperationException("Unexpected peer failure.", error);
    }
}
