using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Sfu.Tests;

/// <summary>Two participants with microphones and cameras as in Chromium, and one who gets all of it over a line of 3 Mbit/s with a queue of 500 ms. The same seed gives the same course.</summary>
internal sealed class TwoCameras
{
    public const long FullBits = 3_000_000;
    private const uint Offset = 1000;
    private readonly SimulcastCamera[] _senders;
    private readonly Dictionary<uint, (long First, long Highest, int Count, long Before, int CountBefore)> _sounds = [];
    private long _nextReportTicks;

    public TwoCameras(int seed)
    {
        _senders = [new SimulcastCamera("alice", (2 * seed) + 1, Now), new SimulcastCamera("bob", (2 * seed) + 2, Now)];
        Line = new NarrowLine(Now) { BitsPerSecond = FullBits, QueueTicks = 500 * Call.Millisecond, DelayTicks = 25 * Call.Millisecond };
        Receivers = [.. _senders.Select((sender, i) => Join(sender, (uint)i * Offset))];
        Line.Subscriber.SetViews(_ => Sfu.Allocation.TrackView.Of(960, 540));
        Line.Arrived = OnArrived;
    }

    public long Now { get; private set; } = TimeSpan.TicksPerHour;

    public NarrowLine Line { get; }

    public PictureReceiver[] Receivers { get; }

    public SimulcastCamera[] Senders => _senders;

    /// <summary>Called after each millisecond.</summary>
    public Action Stepped { get; set; } = static () => { };

    public void Run(double seconds)
    {
        for (var end = Now + (long)(seconds * TimeSpan.TicksPerSecond); Now < end;)
        {
            Now += Call.Millisecond;
            Line.AdvanceTo(Now);
            foreach (var sender in _senders)
            {
                sender.AdvanceTo(Now);
            }

            foreach (var receiver in Receivers)
            {
                receiver.AdvanceTo(Now);
            }

            ReportSound();
            Stepped();
        }
    }

    private PictureReceiver Join(SimulcastCamera sender, uint offset)
    {
        Line.Subscriber.Add(sender.Microphone, NarrowCall.Down(NarrowCall.AudioSsrc + offset, null) with { RedPayloadType = NarrowCall.RedPayloadType });
        Line.Subscriber.Add(sender.Camera, NarrowCall.Down(NarrowCall.VideoSsrc + offset, NarrowCall.RtxSsrc + offset));
        _sounds[NarrowCall.AudioSsrc + offset] = default;
        return new PictureReceiver(Line, NarrowCall.VideoSsrc + offset, NarrowCall.RtxSsrc + offset);
    }

    private void OnArrived(long ticks, byte[] packet)
    {
        foreach (var receiver in Receivers)
        {
            receiver.OnPacket(ticks, packet);
        }

        var header = RecordingEgress.Header(packet);
        if (_sounds.TryGetValue(header.Ssrc, out var sound))
        {
            var number = sound.Count == 0 ? header.SequenceNumber : sound.Highest + (short)(header.SequenceNumber - (ushort)sound.Highest);
            _sounds[header.Ssrc] = sound with { First = sound.Count == 0 ? number : sound.First, Highest = Math.Max(number, sound.Highest), Count = sound.Count + 1 };
        }
    }

    /// <summary>Sends a receiver report about the sound every second.</summary>
    private void ReportSound()
    {
        if (Now < _nextReportTicks)
        {
            return;
        }

        _nextReportTicks = Now + TimeSpan.TicksPerSecond;
        foreach (var (ssrc, sound) in _sounds.Where(s => s.Value.Count > 0).ToList())
        {
            var (expected, received) = (sound.Highest - sound.Before, sound.Count - sound.CountBefore);
            var block = new ReportBlock { Ssrc = ssrc, FractionLost = (byte)Math.Clamp(256 * (expected - received) / Math.Max(1, expected), 0, 255) };
            _sounds[ssrc] = sound with { Before = sound.Highest, CountBefore = sound.Count };
            if (sound.Before > 0)
            {
                Line.Report(Call.Rtcp((ref RtcpWriter writer) => writer.AddReceiverReport(9, block)));
            }
        }
    }
}
