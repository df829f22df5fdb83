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
    [Theory]
    [InlineData(1, 80_000)]
    [InlineData(2, 160_000)]
    [InlineData(9, 240_000)]
    public void Update_MoreThanSpeechEnds_KeepsWhatSpeechCanTake(int tracks, long kept)
    {
        Assert.Equal(tracks * 2_000_000, Run(seconds: 1, 2_000_000, tracks));

        Assert.Equal(kept, Run(seconds: 1, 4_000, tracks));
    }

    private long Run(int seconds, long bitsPerSecond, int tracks = 1)
    {
        var reserve = 0L;
        for (var i = 0; i < 5 * seconds; i++)
        {
            var sound = new SoundDemand();
            for (var track = 0; track < tracks; track++)
            {
                sound.Add(bitsPerSecond, redundant: 0, wantsRedundancy: false);
            }

            reserve = _reserve.Update(_now += TimeSpan.TicksPerSecond / 5, sound);
        }

        return reserve;
    }
}
