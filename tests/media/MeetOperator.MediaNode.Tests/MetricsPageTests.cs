using MeetOperator.MediaNode.Control;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

public sealed class MetricsPageTests
{
    private readonly Clock _clock = new();
    private readonly MetricsPage _page;
    private TaskCompletionSource<string>? _waiting;
    private int _made;

    public MetricsPageTests() => _page = new MetricsPage(() => ++_made == 3 ? Task.FromException<string>(new InvalidOperationException()) : _waiting?.Task ?? Task.FromResult($"page {_made}"), _clock);

    [Fact]
    public async Task Read_SeveralTimesWithinASecond_RendersOnce()
    {
        for (var i = 0; i < 1000; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(0.9));
            Assert.Equal("page 1", await _page.ReadAsync());
        }

        _clock.Advance(MetricsPage.MaxAge);
        Assert.Equal("page 2", await _page.ReadAsync());
    }

    [Fact]
    public async Task Read_WhileRendering_WaitsForTheResult()
    {
        _waiting = new TaskCompletionSource<string>();
        var (first, second) = (_page.ReadAsync(), _page.ReadAsync());
        _clock.Advance(10 * MetricsPage.MaxAge);
        var third = _page.ReadAsync();
        _waiting.SetResult("slow");

        Assert.Equal(["slow", "slow", "slow"], await Task.WhenAll(first, second, third));
        Assert.Equal(1, _made);
    }

    [Fact]
    public async Task Read_AfterAFailure_RendersAgain()
    {
        _made = 2;
        await Assert.ThrowsAsync<InvalidOperationException>(_page.ReadAsync);

        Assert.Equal("page 4", await _page.ReadAsync());
    }

    [Fact]
    public async Task Metrics_OverHttp_AreAtMostOneSecondOld()
    {
        await using var node = await TestNode.StartAsync(clock: _clock);
        Task<string> ReadAsync() => node.Http.GetStringAsync(new Uri(node.Address, "metrics"));
        var first = await ReadAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);

        _clock.Advance(MetricsPage.MaxAge - TimeSpan.FromTicks(1));
        Assert.Equal(first, await ReadAsync());
        Assert.Contains("\nmeet_node_rooms 0", first, StringComparison.Ordinal);

        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Contains("\nmeet_node_rooms 1", await ReadAsync(), StringComparison.Ordinal);
    }

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
