using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class ViewPaceTests
{
    [Fact]
    public void WaitAt_TwoViewsAfterPause_IsZero()
    {
        var pace = new ViewPace();
        var now = TimeSpan.FromHours(1);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(TimeSpan.Zero, pace.WaitAt(now));
            pace.Record(now);
        }

        Assert.Equal(TimeSpan.FromMilliseconds(250), pace.WaitAt(now));
        Assert.Equal(TimeSpan.Zero, pace.WaitAt(now + TimeSpan.FromMilliseconds(250)));
    }

    [Fact]
    public void WaitAt_ConstantChanges_AllowsFourASecond()
    {
        var pace = new ViewPace();
        var start = TimeSpan.FromHours(1);
        var count = 0;

        for (var now = start; now < start + TimeSpan.FromSeconds(10); now += TimeSpan.FromMilliseconds(5))
        {
            if (pace.WaitAt(now) == TimeSpan.Zero)
            {
                pace.Record(now);
                count++;
            }
        }

        Assert.Equal(41, count);
    }
}
