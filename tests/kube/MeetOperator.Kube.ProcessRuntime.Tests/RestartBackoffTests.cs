using MeetOperator.Kube.ProcessRuntime.Containers;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

public sealed class RestartBackoffTests
{
    [Fact]
    public void AfterExit_ConsecutiveCrashes_DoublesUpToFiveMinutes()
    {
        var backoff = new RestartBackoff();
        var waits = Enumerable.Range(0, 8).Select(_ => (int)backoff.AfterExit(TimeSpan.FromSeconds(1)).TotalSeconds);
        Assert.Equal([0, 10, 20, 40, 80, 160, 300, 300], waits);
    }

    [Fact]
    public void AfterExit_LongRun_ResetsDelay()
    {
        var backoff = new RestartBackoff();
        for (var i = 0; i < 5; i++)
        {
            backoff.AfterExit(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(TimeSpan.Zero, backoff.AfterExit(TimeSpan.FromMinutes(10)));
        Assert.Equal(TimeSpan.FromSeconds(10), backoff.AfterExit(TimeSpan.FromSeconds(1)));
    }
}
