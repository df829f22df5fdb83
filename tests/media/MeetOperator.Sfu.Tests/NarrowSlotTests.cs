using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>Switching sources on a line that cannot take everything: limits and signs belong to the source, not to the down track.</summary>
public sealed class NarrowSlotTests
{
    private const uint SlotSsrc = 50;
    private readonly NarrowCall _alice = new();
    private readonly NarrowCall _bob = new(participant: "bob");

    [Fact]
    public void Start_AfterPausedSource_DoesNotReportNextSourceAtOnce()
    {
        var line = Join(100_000_000);
        var slot = Carry(line, _alice);
        Run(3);
        line.BitsPerSecond = 50_000;
        Run(8);
        Assert.Equal([_alice.Camera], line.Subscriber.PausedSources);

        line.Subscriber.Start(slot, _bob.Camera, Options);
        Run(0.5);
        Assert.Empty(line.Subscriber.PausedSources);

        Run(3);
        Assert.Equal([_bob.Camera], line.Subscriber.PausedSources);

        slot.Stop();
        Run(0.5);
        Assert.Empty(line.Subscriber.PausedSources);
    }

    [Fact]
    public void Start_LineIsWide_ReachesHighestLayer()
    {
        var line = Join(20_000_000);
        var slot = Carry(line, _alice);
        Run(4);
        line.Subscriber.Start(slot, _bob.Camera, Options);
        Run(1);
        var settled = _alice.Now;
        Run(3);

        Assert.InRange(line.RateOf(settled, _alice.Now, SlotSsrc), 1_500_000, 1_900_000);
    }

    [Fact]
    public void Start_PacketsOfFormerSourceWait_TheyAreNotSent()
    {
        var line = Join(2_200_000);
        var slot = Carry(line, _alice);
        Run(6);
        var waiting = 0;
        for (var i = 0; i < 300; i++)
        {
            // A large key frame, which is cut off after a few of its packets.
            line.Subscriber.Start(slot, i % 2 == 0 ? _bob.Camera : _alice.Camera, Options);
            Run(0.04);
            waiting += HasWaiting(line) ? 1 : 0;
            slot.Stop();
            var stopped = line.Sent.Count;
            Run(0.1);
            Assert.DoesNotContain(line.Sent.Skip(stopped), s => RecordingEgress.Header(s.Packet).Ssrc == SlotSsrc);
        }

        Assert.InRange(waiting, 3, 300);
    }

    [Fact]
    public void SetSpeaker_CameraInSlot_ComesBeforeOthers()
    {
        var line = Join(100_000_000);
        Carry(line, _alice);
        Carry(line, _bob, SlotSsrc + 10);
        Run(3);
        line.Subscriber.SetSpeaker("bob");
        line.BitsPerSecond = 1_000_000;
        Run(12);
        var settled = _alice.Now;
        Run(6);

        Assert.InRange(line.RateOf(settled, _alice.Now, SlotSsrc + 10), 400_000, 600_000);
        Assert.InRange(line.RateOf(settled, _alice.Now, SlotSsrc), 100_000, 200_000);
    }

    [Fact]
    public void SetViews_ManyMicrophonesNotHeard_CostNoPicture()
    {
        var line = Join(20_000_000);
        Carry(line, _alice);
        for (uint i = 0; i < 60; i++)
        {
            var sound = line.Subscriber.Add(Options with { Ssrc = 100 + i, RtxSsrc = null, RtxPayloadType = null, PayloadType = 111 });
            line.Subscriber.Start(sound, _bob.Microphone, sound.Options);
        }

        line.Subscriber.SetViews(track => track.Options.Kind == MediaKind.Audio ? TrackView.Hidden : TrackView.Of(1280, 720));
        Run(3);
        line.BitsPerSecond = 900_000;
        Run(10);
        var settled = _alice.Now;
        Run(10);

        Assert.InRange(line.RateOf(settled, _alice.Now, SlotSsrc), 400_000, 700_000);
    }

    private static DownTrackOptions Options { get; } = new()
    {
        Ssrc = SlotSsrc,
        PayloadType = 96,
        RtxSsrc = SlotSsrc + 1,
        RtxPayloadType = 97,
        Nack = true,
        Extensions = NarrowLine.Map,
        FirstSequenceNumber = 1,
        Cname = "slots",
        OutlivesSource = true,
    };

    private NarrowLine Join(long bitsPerSecond)
    {
        var line = new NarrowLine(_alice.Now) { BitsPerSecond = bitsPerSecond };
        line.Subscriber.SetViews(_ => TrackView.Of(1280, 720));
        _alice.Lines.Add(line);
        return line;
    }

    private static DownTrack Carry(NarrowLine line, NarrowCall call, uint ssrc = SlotSsrc)
    {
        var options = Options with { Ssrc = ssrc, RtxSsrc = ssrc + 1 };
        var slot = line.Subscriber.Add(options);
        line.Subscriber.Start(slot, call.Camera, options);
        return slot;
    }

    /// <summary>Whether packets of the last frame wait in the pacer: its end was not sent yet.</summary>
    private static bool HasWaiting(NarrowLine line) =>
        line.Sent.FindLast(s => RecordingEgress.Header(s.Packet).Ssrc == SlotSsrc) is { Packet: { } last } && !RecordingEgress.Header(last).Marker;

    private void Run(double seconds)
    {
        for (var end = _alice.Now + (long)(seconds * TimeSpan.TicksPerSecond); _alice.Now < end;)
        {
            _alice.Run(0.001);
            _bob.Run(0.001);
        }
    }
}
