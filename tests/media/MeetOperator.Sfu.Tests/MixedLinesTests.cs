using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests;

/// <summary>A meeting of a hundred in which almost everybody has a fast line: those who have not get what fits, and cost nobody else anything.</summary>
public sealed class MixedLinesTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private const long FastLine = 50_000_000;
    private readonly NarrowCall _call = new() { HasCommonKeyFrames = true, HasTemporalLayers = true };
    private readonly List<NarrowLine> _fast = [];
    private readonly NarrowLine _train;
    private readonly NarrowLine _phone;
    private readonly NarrowLine _hotel;

    public MixedLinesTests()
    {
        for (var i = 0; i < 97; i++)
        {
            _fast.Add(_call.Join(FastLine));
        }

        _train = _call.Join(1_000_000, requestsLost: true);
        (_train.DelayTicks, _train.LossInterval) = (75 * Call.Millisecond, 14);
        _phone = _call.Join(350_000);
        _phone.Subscriber.SetViews(_ => TrackView.Of(320, 180));
        _hotel = _call.Join(800_000, sendsEstimates: true);
    }

    [Fact]
    public void Hundred_TrainPhoneAndHotel_EachGetsWhatItsLineTakes()
    {
        _call.Run(10);
        var settled = _call.Now;
        _call.Run(20);

        Assert.InRange(Pictures(_train, settled), 200_000, 1_000_000);
        Assert.InRange(Pictures(_phone, settled), 100_000, 200_000);
        Assert.InRange(Pictures(_hotel, settled), 200_000, 800_000);
        foreach (var line in new[] { _train, _phone, _hotel })
        {
            Assert.InRange(NarrowLineTests.LongestGap(line, settled, _call.Now), 0, Second / 2);
            Assert.InRange(Sounds(line, settled), 0.99 * (1 - (line.LossInterval == 0 ? 0 : 1.0 / line.LossInterval)), 1.01);
        }

        Assert.InRange(NarrowLineTests.WaitAt(_train, settled, 0.95), 0, 200 * Call.Millisecond);
        Assert.InRange(NarrowLineTests.WaitAt(_phone, settled, 0.95), 0, 200 * Call.Millisecond);
    }

    [Fact]
    public void Hundred_TrainGoesThroughTunnels_OthersNoticeNothingAndPicturesComeBack()
    {
        _call.Run(10);
        var (settled, requests) = (_call.Now, _call.KeyFrameRequests);
        foreach (var bits in new[] { 40_000, 1_000_000, 20_000, 1_000_000 }) // a second tunnel soon after the first
        {
            _train.BitsPerSecond = bits;
            _call.Run(6);
        }

        _call.Run(4);
        foreach (var line in _fast)
        {
            Assert.InRange(Pictures(line, settled), 1_500_000, 2_200_000);
            Assert.InRange(NarrowLineTests.LongestGap(line, settled, _call.Now), 0, 100 * Call.Millisecond);
            Assert.Empty(line.Subscriber.PausedSources);
        }

        Assert.InRange(_call.KeyFrameRequests - requests, 0, 12); // each costs everybody a picture of several times the size
        Assert.InRange(Pictures(_train, _call.Now - (2 * Second)), 120_000, 1_000_000);
    }

    /// <summary>Bits per second.</summary>
    private double Pictures(NarrowLine line, long from) => line.RateOf(from, _call.Now, NarrowCall.VideoSsrc);

    /// <summary>The part of the sound that arrived, without what was repeated.</summary>
    private double Sounds(NarrowLine line, long from) =>
        line.Received.Where(r => r.Ticks >= from).Select(r => RecordingEgress.Header(r.Packet)).Where(h => h.Ssrc == NarrowCall.AudioSsrc).Select(h => h.SequenceNumber).Distinct().Count()
        / (50.0 * (_call.Now - from) / Second);
}
