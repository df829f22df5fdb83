using MeetOperator.Kube.Runtime;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class BackoffTests
{
    private static readonly TimeSpan Minimum = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Maximum = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(1, 0.1)]
    [InlineData(2, 0.2)]
    [InlineData(5, 1.6)]
    [InlineData(8, 10)]
    [InlineData(int.MaxValue, 10)]
    public void Delay_Failures_DoublesUpToMaximumWithJitter(int failures, double seconds)
    {
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            Assert.InRange(Backoff.Delay(failures, Minimum, Maximum, random).TotalSeconds, (seconds * 0.75) - 1e-6, seconds);
        }
    }

    [Fact]
    public void Delay_SameSeed_ReturnsSameDelays() =>
        Assert.Equal(Backoff.Delay(3, Minimum, Maximum, new Random(9)), Backoff.Delay(3, Minimum, Maximum, new Random(9)));
}
