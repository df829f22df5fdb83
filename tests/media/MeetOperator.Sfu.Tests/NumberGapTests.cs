using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>
/// Publishers whose sequence numbers jump. A subscriber that loses some of the packets can follow a stream only while fewer than 32,768 numbers pass (RFC 3711 §3.3.1); after that it cannot
/// decrypt the stream any more, whoever is in it.
/// </summary>
public sealed class NumberGapTests
{
    [Theory]
    [InlineData(MediaKind.Audio, 32_767)]
    [InlineData(MediaKind.Audio, 20_000)]
    [InlineData(MediaKind.Audio, 4_097)]
    [InlineData(MediaKind.Audio, 4_000)]
    [InlineData(MediaKind.Audio, 600)]
    [InlineData(MediaKind.Video, 32_767)]
    [InlineData(MediaKind.Video, 4_000)]
    public void OnRtp_NumbersJumpAgainAndAgain_StreamAdvancesSlowly(MediaKind kind, int jump)
    {
        var call = new Call(kind);
        var (_, _, egress) = call.Join();
        var sequence = 0;
        for (uint i = 0; i < 300; i++)
        {
            call.Now += 20 * Call.Millisecond;
            call.Send((ushort)sequence, i * 960, key: true);
            sequence += jump;
        }

        Assert.InRange(Advance(egress, 0), 299, 5_000);
        Assert.Equal(300, egress.Rtp.Count);
    }

    [Fact]
    public void OnRtp_NumbersOfVideoJump_ContinuesWithKeyFrame()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();
        call.Send(1, 0, key: true);
        call.Send(2, 3_000);
        call.Advance(2_000);
        var requests = call.Upstream.PictureLossIndications;

        call.Send(20_002, 6_000);
        call.Send(20_003, 9_000);
        call.Advance(20);
        Assert.Equal(2, egress.Rtp.Count);
        Assert.Equal(requests + 1, call.Upstream.PictureLossIndications);

        call.Send(20_004, 12_000, key: true);
        call.Send(20_005, 15_000);
        Assert.Equal([100, 101, 102, 103], egress.Sequences.Select(s => (int)s));
        Assert.Equal([0u, 3_000u, 12_000u, 15_000u], egress.Headers.Select(h => h.Timestamp));
    }

    /// <summary>The packets that a publisher's line loses leave gaps, so that subscribers know what is missing.</summary>
    [Fact]
    public void OnRtp_ManyPacketsAreLost_LeavesGapForEach()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();
        for (var i = 0; i < 30_000; i += i % 10 == 0 ? 5 : 1)
        {
            call.Send((ushort)i, (uint)i * 90, key: i == 0);
        }

        call.Send((ushort)(30_000 + 3_000), 3_000_000);
        Assert.Equal(33_000, Advance(egress, 0));
    }

    /// <summary>Packets that are far behind are not sent, because nobody can tell them from packets that are far ahead.</summary>
    [Fact]
    public void OnRtp_NumberFarBehind_IsNotSent()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join();
        for (var i = 0; i < 10_000; i++)
        {
            call.Now += 20 * Call.Millisecond;
            call.Send((ushort)i, (uint)i * 960);
        }

        var before = egress.Rtp.Count;
        call.Send(1_000, 960_000);
        Assert.Equal(before, egress.Rtp.Count);
    }

    /// <summary>The slot of a publisher that lies goes on with the next one.</summary>
    [Fact]
    public void Start_AfterSourceWhoseNumbersJump_SubscriberCanFollow()
    {
        var (mallory, bob) = (new Call(MediaKind.Audio), new Call(MediaKind.Audio));
        var (subscriber, slot, egress) = mallory.Join();
        for (var i = 0; i < 1_000; i++)
        {
            mallory.Send((ushort)(i * 32_767), (uint)i * 960);
        }

        var last = egress.Headers.Last().SequenceNumber;
        subscriber.Start(slot, bob.Track, slot.Options);
        bob.Send(30_000, 0);

        Assert.Equal((ushort)(last + 1), egress.Headers.Last().SequenceNumber);
        Assert.InRange(Advance(egress, 0), 1_000, 5_000);
    }

    /// <summary>How far the numbers of the stream advance after a packet, as a subscriber sees them that gets all of it.</summary>
    private static long Advance(RecordingEgress egress, int from)
    {
        var advance = 0L;
        var sequences = egress.Sequences.ToList();
        for (var i = from + 1; i < sequences.Count; i++)
        {
            advance += (short)(sequences[i] - sequences[i - 1]);
        }

        return advance;
    }
}
