using MeetOperator.Sfu.Peers;

namespace MeetOperator.Sfu.Tests.Bandwidth;

public sealed class EstimateFallTests
{
    private EstimateFall _fall;

    [Fact]
    public void Update_ThirdWithinASecond_IsFall()
    {
        Assert.False(Update(0, 1_000_000));
        Assert.False(Update(500, 670_000));
        Assert.True(Update(900, 669_000));
    }

    /// <summary>An ordinary decrease is to 85 %.</summary>
    [Fact]
    public void Update_OrdinaryDecreases_TwoAreNoneAndThreeAreOne()
    {
        Update(0, 1_000_000);
        Assert.False(Update(200, 850_000));
        Assert.False(Update(400, 722_500));
        Assert.True(Update(600, 614_125));
    }

    [Fact]
    public void Update_SlowDecrease_IsNone()
    {
        var estimate = 10_000_000.0;
        for (var at = 0; at < 20_000; at += 400)
        {
            Assert.False(Update(at, (long)estimate));
            estimate *= 0.9;
        }
    }

    [Fact]
    public void Update_AfterFall_EndsWithinASecondAtTheNewRate()
    {
        Update(0, 1_000_000);
        Assert.True(Update(200, 400_000));
        Assert.True(Update(1_000, 400_000));

        Assert.False(Update(1_001, 400_000));
        Assert.False(Update(1_200, 350_000));
    }

    [Fact]
    public void Update_RiseBefore_CountsFromTheHighest()
    {
        Update(0, 1_000_000);
        Assert.False(Update(800, 2_000_000));

        Assert.True(Update(1_700, 1_300_000));
    }

    private bool Update(int milliseconds, long estimate) => _fall.Update(milliseconds * Call.Millisecond, estimate);
}
