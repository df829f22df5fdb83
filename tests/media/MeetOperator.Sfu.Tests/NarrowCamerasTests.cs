namespace MeetOperator.Sfu.Tests;

/// <summary>
/// Two participants with microphones and cameras whose key frames are large, on a line that suddenly takes little more than the smallest pictures of both. Its full queue loses packets, and
/// the client asks for each of them again and again, as browsers do.
/// </summary>
public sealed class NarrowCamerasTests
{
    private const uint Second = 1000;
    private readonly NarrowCall _first = new(participant: "alice") { KeyFrameFactor = 16, HasRedundancy = true };
    private readonly NarrowCall _second = new(participant: "bob") { KeyFrameFactor = 16, HasRedundancy = true };
    private readonly NarrowLine _line;
    private long _fallen;

    public NarrowCamerasTests()
    {
        _line = _first.Join(3_000_000, requestsLost: true);
        _line.Requests = 10;
        (_line.QueueTicks, _line.DelayTicks) = (500 * Call.Millisecond, 25 * Call.Millisecond);
        _second.JoinTo(_line, Second);
        Run(15);
    }

    [Fact]
    public void Line_Falls_OnePictureGoesOnAndTheOtherIsBackSoon()
    {
        Fall(500_000);

        Assert.InRange(LongestGap(NarrowCall.VideoSsrc, _fallen), 0, 700 * Call.Millisecond);
        Assert.InRange(LongestGap(NarrowCall.VideoSsrc + Second, _fallen), 0, 2_000 * Call.Millisecond);
    }

    /// <summary>Each pause ends with a key frame, which fills the line and makes the next pause more likely.</summary>
    [Theory]
    [InlineData(500_000)]
    [InlineData(440_000)] // an overuse lowers the estimate below what both take
    public void Line_HasFallen_BothPicturesGoOn(long bits)
    {
        Fall(bits);
        var settled = _fallen + (4 * TimeSpan.TicksPerSecond);

        Assert.InRange(LongestGap(NarrowCall.VideoSsrc, settled), 0, 300 * Call.Millisecond);
        Assert.InRange(LongestGap(NarrowCall.VideoSsrc + Second, settled), 0, 300 * Call.Millisecond);
        Assert.Empty(_line.Subscriber.PausedSources);
        Assert.DoesNotContain(_line.Sent, s => s.Ticks > settled && s.WaitTicks > 200 * Call.Millisecond);
    }

    private void Fall(long bits)
    {
        _fallen = _first.Now;
        _line.BitsPerSecond = bits;
        Run(20);
    }

    private void Run(double seconds)
    {
        for (var milliseconds = 0; milliseconds < seconds * 1000; milliseconds++)
        {
            _first.Run(0.001);
            _second.Run(0.001);
        }
    }

    private long LongestGap(uint ssrc, long from)
    {
        var ends = _line.Received.Where(r => r.Ticks >= from && RecordingEgress.Header(r.Packet) is { Marker: true } header && header.Ssrc == ssrc).Select(r => r.Ticks).ToList();
        return ends.Prepend(from).Zip(ends.Append(_first.Now), (earlier, later) => later - earlier).Max();
    }
}
