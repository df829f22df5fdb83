using MeetOperator.Signaling.Media;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class PlaceLineTests
{
    private readonly ManualTime _time = new();
    private readonly PlaceLine _line;

    public PlaceLineTests() => _line = new PlaceLine(_time);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task WaitAsync_SomethingChanges_FirstTryAndOthersWait()
    {
        var turns = Turns(PlaceLine.Width + 2);

        _line.Wake();

        await Task.WhenAll(turns.Take(PlaceLine.Width).Select(turn => turn.Task));
        Assert.All(turns.Skip(PlaceLine.Width), turn => Assert.False(turn.Task.IsCompleted));
    }

    [Fact]
    public async Task WaitAsync_NothingChanges_FirstTriesAgainAfterRetry()
    {
        var turns = Turns(3);
        Assert.All(turns, turn => Assert.False(turn.Task.IsCompleted));

        _time.Advance(PlaceLine.Retry);

        await turns[0].Task;
        Assert.All(turns.Skip(1), turn => Assert.False(turn.Task.IsCompleted));
    }

    [Fact]
    public async Task WakeFirst_SeveralWait_OnlyTheFirstTries()
    {
        var turns = Turns(3);

        _line.WakeFirst();

        await turns[0].Task;
        Assert.All(turns.Skip(1), turn => Assert.False(turn.Task.IsCompleted));
    }

    [Fact]
    public async Task Dispose_SomebodyGotAPlace_NextOnesTry()
    {
        var turns = Turns(PlaceLine.Width + 2);

        turns[0].Place.Dispose();

        await Task.WhenAll(turns.Skip(1).Take(PlaceLine.Width).Select(turn => turn.Task));
        Assert.False(turns[^1].Task.IsCompleted);
    }

    [Fact]
    public async Task WaitAsync_WokenWhileTrying_TriesAgainAtOnce()
    {
        using var place = _line.Join();
        var turn = place.WaitAsync(Limit, default);
        _line.Wake();
        await turn;

        _line.Wake();

        await place.WaitAsync(Limit, default);
    }

    [Fact]
    public async Task WaitAsync_Cancelled_Returns()
    {
        using var cancelled = new CancellationTokenSource();
        for (var i = 0; i < PlaceLine.Width; i++)
        {
            _line.Join();
        }

        var waiting = _line.Join().WaitAsync(Limit, cancelled.Token);
        await cancelled.CancelAsync();

        await waiting;
    }

    /// <summary>Those who are not first are told, too, and stay in the line without trying before the others.</summary>
    [Fact]
    public async Task WaitAsync_LimitPassesForOneWhoIsNotFirst_IsReportedAndMayNotTry()
    {
        using var first = _line.Join();
        using var second = new PlaceWait(_line, _time, Limit);
        var reports = 0;
        var told = new TaskCompletionSource();
        var waiting = second.WaitAsync(
            () =>
            {
                reports++;
                told.SetResult();
            },
            default);

        _time.Advance(Limit);
        await told.Task;
        Assert.False(waiting.IsCompleted);

        first.Dispose();
        await waiting;
        Assert.Equal(1, reports);
    }

    [Fact]
    public async Task Close_SomebodyWaits_Returns()
    {
        using var first = _line.Join();
        using var second = new PlaceWait(_line, _time, Limit);
        var waiting = second.WaitAsync(static () => { }, default);

        _line.Close();

        await waiting;
    }

    [Fact]
    public void IsEmpty_EverybodyLeft_IsTrue()
    {
        var place = _line.Join();
        Assert.False(_line.IsEmpty);
        place.Dispose();
        place.Dispose();
        Assert.True(_line.IsEmpty);
    }

    private (PlaceLine.Place Place, Task Task)[] Turns(int count) => [.. Enumerable.Range(0, count).Select(_ => _line.Join()).ToArray().Select(place => (place, place.WaitAsync(Limit, default)))];
}
