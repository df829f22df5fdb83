using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A screen with large key frames and small changes, on lines that take seconds for a key frame.</summary>
public sealed class NarrowScreenTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private const int KeyFrameBytes = 120_000;

    [Theory]
    [InlineData(200_000)]
    [InlineData(300_000)]
    [InlineData(500_000)]
    public void KeyFrame_LargerThanASecondOfTheLine_ArrivesWholeAndChangesFollow(long bits)
    {
        var call = Share();
        var line = call.Join(bits);
        line.QueueTicks = 2 * Second; // before the first feedback, the line is not known to be narrow
        var start = call.Now;
        for (var i = 0; i < 40; i++)
        {
            call.Run(0.5);
            if (WholeKeyFrames(line).Count == 0)
            {
                RequestKeyFrame(line, call.Now); // as a client without a picture does
            }
        }

        var arrived = WholeKeyFrames(line);
        Assert.NotEmpty(arrived);
        Assert.InRange(arrived[0] - start, 0, 12 * Second);
        Assert.InRange(call.KeyFrameRequests, 0, 3);
        Assert.Empty(line.Subscriber.PausedSources);
        var settled = call.Now;
        call.Run(10);
        Assert.InRange(line.RateOf(settled, call.Now, NarrowCall.VideoSsrc), 35_000, 60_000);
        Assert.InRange(call.KeyFrameRequests, 0, 3);
    }

    /// <summary>Other participants ask for key frames, whether a narrow line takes them or not.</summary>
    [Fact]
    public void KeyFrame_EveryTenSecondsForOthers_ArrivesWholeEachTime()
    {
        var call = Share();
        var line = call.Join(300_000);
        var other = call.Join(50_000_000);
        call.Run(20);
        var start = call.Now;
        for (var i = 0; i < 6; i++)
        {
            RequestKeyFrame(other, call.Now);
            call.Run(10);
        }

        Assert.InRange(WholeKeyFrames(line).Count(ticks => ticks > start), 5, 7);
        AssertSoundIsGood(line, start);
    }

    [Theory]
    [InlineData(300_000)]
    [InlineData(600_000)]
    public void KeyFrame_OnNarrowLine_DoesNotDelaySound(long bits)
    {
        var call = Share();
        var line = call.Join(bits);
        call.Run(15);
        var start = call.Now;
        call.Camera.SetMuted(true);
        call.Camera.SetMuted(false); // asks for a key frame
        call.Run(6);

        Assert.True(WholeKeyFrames(line)[^1] > start);
        AssertSoundIsGood(line, start);
    }

    [Fact]
    public void KeyFrame_BesideCamera_ComesFirst()
    {
        var (alice, bob) = (Share(), new NarrowCall(participant: "bob"));
        var line = alice.Join(500_000);
        line.Subscriber.Add(bob.Camera, NarrowCall.Down(40, 41));
        line.Subscriber.SetViews(_ => Sfu.Allocation.TrackView.Of(1280, 720));
        Run(30);
        var start = alice.Now;
        var requests = bob.KeyFrameRequests;
        alice.Camera.SetMuted(true);
        alice.Camera.SetMuted(false);
        Run(10);

        Assert.InRange(WholeKeyFrames(line)[^1] - start, 1, 4 * Second);
        Assert.InRange(bob.KeyFrameRequests - requests, 0, 3);
        Assert.InRange(line.RateOf(alice.Now - (4 * Second), alice.Now, 40), 100_000, 400_000);
        AssertSoundIsGood(line, start);

        void Run(double seconds)
        {
            for (var end = alice.Now + (long)(seconds * Second); alice.Now < end;)
            {
                alice.Run(0.001);
                bob.Run(0.001);
            }
        }
    }

    /// <summary>Other pictures refer to skipped ones. The sequence numbers have no gap, so the decoder would not notice that they are missing.</summary>
    [Theory]
    [InlineData(200_000)]
    [InlineData(250_000)]
    public void Changes_SkippedForSeconds_ContinueWithKeyFrame(long bits)
    {
        var call = new NarrowCall(layers: 1, source: TrackSource.Screen) { Bits = 100_000, KeyFrameBytes = KeyFrameBytes };
        var line = call.Join(bits);
        for (var i = 0; i < 4; i++)
        {
            call.Run(20);
            call.Camera.SetMuted(true);
            call.Camera.SetMuted(false); // asks for a key frame
        }

        var screen = line.Sent.Where(s => RecordingEgress.Header(s.Packet).Ssrc == NarrowCall.VideoSsrc).ToList();
        var resumed = screen.Skip(1).Zip(screen).Where(pair => IsSkip(pair.Second.Packet, pair.First.Packet)).Select(pair => RecordingEgress.Payload(pair.First.Packet)).ToList();
        Assert.NotEmpty(resumed);
        Assert.All(resumed, payload => Assert.Equal([0x10, 0x00], payload[..2].ToArray()));

        static bool IsSkip(byte[] before, byte[] packet) => RecordingEgress.Header(packet).Timestamp - RecordingEgress.Header(before).Timestamp is > 90_000 and < int.MaxValue;
    }

    /// <summary>A publisher that never ends its key frame would fill the memory, and keep out everything else.</summary>
    [Fact]
    public void KeyFrame_LargerThanTenSecondsOfTheLine_IsCut()
    {
        var call = new NarrowCall(layers: 1, source: TrackSource.Screen) { Bits = 40_000, KeyFrameBytes = 4_000_000 };
        var line = call.Join(500_000);
        call.Run(30);

        Assert.InRange(line.Sent.Where(s => RecordingEgress.Header(s.Packet).Ssrc == NarrowCall.VideoSsrc).Sum(s => (long)s.Packet.Length), 1, 2_500_000);
        Assert.InRange(call.KeyFrameRequests, 1, 6);
        AssertSoundIsGood(line, call.Now - (20 * Second));
    }

    private static NarrowCall Share() => new(layers: 1, source: TrackSource.Screen) { Bits = 40_000, KeyFrameBytes = KeyFrameBytes };

    private static void AssertSoundIsGood(NarrowLine line, long from)
    {
        var audio = line.Sent.Where(s => s.Ticks >= from && RecordingEgress.Header(s.Packet).Ssrc == NarrowCall.AudioSsrc).ToList();
        var waits = audio.Select(s => s.WaitTicks).Order().ToList();
        Assert.InRange(waits[(int)(waits.Count * 0.95)], 0, 250 * Call.Millisecond);
        Assert.DoesNotContain(waits, wait => wait > line.QueueTicks); // those are lost
    }

    /// <summary>When key frames that waited until they were whole have arrived.</summary>
    private static List<long> WholeKeyFrames(NarrowLine line) => [.. line.Received
        .Where(r => RecordingEgress.Header(r.Packet).Ssrc == NarrowCall.VideoSsrc)
        .GroupBy(r => RecordingEgress.Header(r.Packet).Timestamp)
        .Where(frame => frame.Sum(r => RecordingEgress.Payload(r.Packet).Length) == KeyFrameBytes)
        .Select(frame => frame.Max(r => r.Ticks))];

    private static void RequestKeyFrame(NarrowLine line, long now) =>
        line.Subscriber.OnRtcp(now, Call.Rtcp((ref RtcpWriter writer) =>
        {
            writer.AddReceiverReport(1);
            writer.AddPictureLoss(1, NarrowCall.VideoSsrc);
        }));
}
