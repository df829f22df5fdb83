using System.Threading.Channels;
using MeetOperator.Kube.Runtime.Queues;
using MeetOperator.Testing;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class WorkQueueTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new WorkQueue<string>(
        new WorkQueueOptions { MinBackoff = TimeSpan.FromSeconds(1), MaxBackoff = TimeSpan.FromSeconds(30) }, _time, new Random(1));

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task Add_SameKeyThreeTimes_IsTakenOnce()
    {
        _queue.Add("a");
        _queue.Add("a");
        _queue.Add("b");
        _queue.Add("a");

        Assert.Equal(2, _queue.Depth);
        Assert.Equal("a", await TakeAsync());
        Assert.Equal("b", await TakeAsync());
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task Add_KeyInProcess_IsQueuedAfterDone()
    {
        _queue.Add("a");
        var key = await TakeAsync();
        _queue.Add("a");
        _queue.Add("a");

        await AssertEmptyAsync();
        _queue.Done(key);
        Assert.Equal("a", await TakeAsync());
        _queue.Done(key);
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task AddAfter_BeforeDueTime_IsDelayed()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(9.999));
        await AssertEmptyAsync();

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("a", await TakeAsync());
        Assert.Equal(0, _queue.DelayedCount);
    }

    [Fact]
    public async Task AddAfter_SeveralDelaysOfOneKey_EarliestApplies()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(2));
        _queue.AddAfter("a", TimeSpan.FromSeconds(20));

        _time.Advance(TimeSpan.FromSeconds(2));
        _queue.Done(await TakeAsync());
        _time.Advance(TimeSpan.FromMinutes(1));
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task AddAfter_KeyTakenEarlier_CancelsDelay()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.Add("a");
        _queue.Done(await TakeAsync());

        _time.Advance(TimeSpan.FromMinutes(1));
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task AddAfter_WallClockJumps_DelayIsUnchanged()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _time.JumpWallClock(TimeSpan.FromHours(-1));
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("a", await TakeAsync());
    }

    [Fact]
    public async Task AddAfter_MoreThanADay_IsDueOnTime()
    {
        _queue.AddAfter("a", TimeSpan.FromDays(3));
        _time.Advance(TimeSpan.FromDays(2.9));
        await AssertEmptyAsync();
        _time.Advance(TimeSpan.FromDays(0.1));
        Assert.Equal("a", await TakeAsync());
    }

    [Fact]
    public void AddRateLimited_ConsecutiveFailures_DelayGrowsToMaximum()
    {
        for (var failure = 1; failure <= 8; failure++)
        {
            var full = Math.Min(Math.Pow(2, failure - 1), 30);
            Assert.InRange(_queue.AddRateLimited("a").TotalSeconds, full * 0.75, full);
        }

        Assert.Equal(8, _queue.Failures("a"));
        Assert.InRange(_queue.AddRateLimited("b").TotalSeconds, 0.75, 1);
    }

    [Fact]
    public void Forget_AfterFailures_ResetsDelay()
    {
        _queue.AddRateLimited("a");
        _queue.AddRateLimited("a");
        _queue.Forget("a");

        Assert.InRange(_queue.AddRateLimited("a").TotalSeconds, 0.75, 1);
    }

    [Fact]
    public async Task ShutDown_WaitingKeys_AreTakenBeforeClose()
    {
        _queue.Add("a");
        _queue.ShutDown();
        _queue.Add("b");

        Assert.Equal("a", await TakeAsync());
        await Assert.ThrowsAsync<ChannelClosedException>(async () => await TakeAsync());
    }

    [Fact]
    public async Task TakeAsync_ManyWorkers_KeysAreSerializedAndNotLost()
    {
        using var queue = new WorkQueue<int>();
        var working = new int[20];
        var seenVersion = new int[20];
        var version = new int[20];
        var overlaps = 0;
        using var stop = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                int key;
                try
                {
                    key = await queue.TakeAsync(stop.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                if (Interlocked.Increment(ref working[key]) != 1)
                {
                    Interlocked.Increment(ref overlaps);
                }

                Volatile.Write(ref seenVersion[key], Volatile.Read(ref version[key]));
                await Task.Yield();
                Interlocked.Decrement(ref working[key]);
                queue.Done(key);
            }
        })).ToArray();

        var random = new Random(7);
        for (var i = 0; i < 5000; i++)
        {
            var key = random.Next(20);
            Interlocked.Increment(ref version[key]);
            queue.Add(key);
        }

        await Eventually.TrueAsync(() => version.SequenceEqual(seenVersion), "the last change of every key is processed");
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        Assert.Equal(0, overlaps);
    }

    private async Task<string> TakeAsync() => await _queue.TakeAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(5));

    private async Task AssertEmptyAsync()
    {
        using var now = new CancellationTokenSource();
        var take = _queue.TakeAsync(now.Token).AsTask();
        Assert.False(take.IsCompleted, "a key was taken");
        await now.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => take);
    }
}
