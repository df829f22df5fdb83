using MeetOperator.Contracts;
using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling.Tests;

/// <summary>The bus goes away and comes back again before a meeting has recovered.</summary>
public sealed class RecoveryTests(RecoveryTests.Server server) : IClassFixture<RecoveryTests.Server>
{
    public sealed class Server : ServerFixture;

    [Fact]
    public async Task Bus_BreaksAgainAndAgainBeforeItsTurn_TheMeetingReadsEverythingOnce()
    {
        var id = MeetingId.Of(await server.Cluster.ApplyMeetingAsync(Guid.NewGuid().ToString("D")));
        MeetingView? meeting = null;
        await Eventually.TrueAsync(() => (meeting = server.Signaling.Service<MeetingDirectory>().Find(id)) is not null, "the meeting is seen");
        await using var bus = new FlappingBus();
        var services = server.Signaling.Service<MeetingServices>() with { Bus = bus };
        var told = 0;
        await using var other = await bus.SubscribeAsync(meeting!.Key, Count, () => { }, default);
        await using var session = await MeetingSession.OpenAsync(meeting, services);
        var turns = services.Recoveries.CurrentCount;

        await TakeAllAsync();
        for (var i = 0; i < 10; i++)
        {
            bus.ComeBack();
        }

        services.Recoveries.Release(turns);

        // Each recovery publishes one presence event. All waiting recoveries have run once every turn is free again.
        await Eventually.TrueAsync(() => Volatile.Read(ref told) > 0, "the meeting recovers");
        await TakeAllAsync();
        Assert.Equal(1, Volatile.Read(ref told));
        services.Recoveries.Release(turns);

        // A break after that is recovered from as well.
        bus.ComeBack();
        await Eventually.TrueAsync(() => Volatile.Read(ref told) == 2, "the meeting recovers again");

        void Count(BusEvent e)
        {
            if (e.Kind == BusEventKind.Presence)
            {
                Interlocked.Increment(ref told);
            }
        }

        async Task TakeAllAsync()
        {
            for (var i = 0; i < turns; i++)
            {
                await services.Recoveries.WaitAsync();
            }
        }
    }

    /// <summary>The bus of one instance, whose subscribers can be told that it was away.</summary>
    private sealed class FlappingBus : IMeetingBus
    {
        private readonly InProcessMeetingBus bus = new(TimeProvider.System);
        private readonly List<Action> listeners = [];

        public IPresence Presence => bus.Presence;

        public bool IsConnected => bus.IsConnected;

        public void ComeBack() => listeners.ForEach(recovered => recovered());

        public Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, Action recovered, CancellationToken ct)
        {
            listeners.Add(recovered);
            return bus.SubscribeAsync(meeting, handler, recovered, ct);
        }

        public Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct) => bus.PublishAsync(meeting, busEvent, ct);

        public Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct) => bus.TryConsumeCodeAsync(meeting, code, keep, ct);

        public ValueTask DisposeAsync() => bus.DisposeAsync();
    }
}
