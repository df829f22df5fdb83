using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class AudioReserveTests
{
    private AudioReserve _reserve;
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void Update_SilenceAfterSpeech_KeepsWhatSpeechTookForAMinute()
    {
        Run(seconds: 5, 40_000);

        Assert.Equal(40_000, Run(seconds: 29, 4_000));
        Assert.Equal(4_000, Run(seconds: 32, 4_000));
    }

    [Fact]
    public void Update_SpeechEveryTenSeconds_NeverFalls()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(40_000, Run(seconds: 5, 40_000));
            Assert.Equal(40_000, Run(seconds: 5, 4_000));
        }
    }

    /// <summary>A burst of a publisher that claims to send sound must not keep the video of others away for longer than it lasts.</summary>
    [Fact]
    public void Update_MoreThanSpeechEnds_KeepsWhatSpeechCanTake()
    {
        Assert.Equal(20_000_000, Run(seconds: 1, 20_000_000));

        Assert.InRange(Run(seconds: 1, 4_000), 100_000, 300_000);
    }

    private long Run(int seconds, long bitsPerSecond)
    {
        var reserve = 0L;
        for (var i = 0; i < 5 * seconds; i++)
        {
            reserve = _reserve.Update(_now += TimeSpan.TicksPerSecond / 5, bitsPerSecond);
        }

        return reserve;
    }
}
