using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Hub;

/// <summary>Tests repeated bus outages before a meeting has recovered.</summary>
public sealed class RecoveryTests(RecoveryTests.Server server) : IClassFixture<RecoveryTests.Server>
{
    public sealed class Server : ServerFixture;

    [Fact]
    public async Task Recovery_RepeatedOutagesWhileWaiting_RunsOnce()
    {
        var id = MeetingId.Of(await server.Cluster.ApplyMeetingAsync(Guid.NewGuid().ToString("D")));
        MeetingView? meeting = null;
        await Eventually.TrueAsync(() => (meeting = server.Signaling.Service<MeetingDirectory>().Find(id)) is not null, "the server has received the meeting");
        await using var bus = new FlappingBus();
        var services = server.Signaling.Service<MeetingServices>() with { Bus = bus };
        var recoveries = 0;
        await using var other = await bus.SubscribeAsync(meeting!.Key, Count, () => { }, default);
        await using var session = await MeetingSession.OpenAsync(meeting, services);
        var slots = services.Recoveries.CurrentCount;

        await TakeAllAsync();
        for (var i = 0; i < 10; i++)
        {
            bus.SimulateRecovery();
        }

        services.Recoveries.Release(slots);

        // Each recovery publishes one presence event. All waiting recoveries have run once every slot is free again.
        await Eventually.TrueAsync(() => Volatile.Read(ref recoveries) > 0, "the meeting recovers");
        await TakeAllAsync();
        Assert.Equal(1, Volatile.Read(ref recoveries));
        services.Recoveries.Release(slots);

        // A later outage starts another recovery.
        bus.SimulateRecovery();
        await Eventually.TrueAsync(() => Volatile.Read(ref recoveries) == 2, "the meeting recovers again");

        void Count(BusEvent e)
        {
            if (e.Kind == BusEventKind.Presence)
            {
                Interlocked.Increment(ref recoveries);
            }
        }

        async Task TakeAllAsync()
        {
            for (var i = 0; i < slots; i++)
            {
                await services.Recoveries.WaitAsync();
            }
        }
    }

    /// <summary>An in-process bus that can simulate recoveries after an outage.</summary>
    private sealed class FlappingBus : IMeetingBus
    {
        private readonly InProcessMeetingBus _bus = new(TimeProvider.System);
        private readonly List<Action> _listeners = [];

        public IPresence Presence => _bus.Presence;

        public bool IsConnected => _bus.IsConnected;

        public void SimulateRecovery() => _listeners.ForEach(recovered => recovered());

        public Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, Action recovered, CancellationToken ct)
        {
            _listeners.Add(recovered);
            return _bus.SubscribeAsync(meeting, handler, recovered, ct);
        }

        public Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct) => _bus.PublishAsync(meeting, busEvent, ct);

        public Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct) => _bus.TryConsumeCodeAsync(meeting, code, keep, ct);

        public Task<MeetingTopology?> ReadTopologyAsync(MeetingKey meeting, CancellationToken ct) => _bus.ReadTopologyAsync(meeting, ct);

        public Task<bool> TryWriteTopologyAsync(MeetingKey meeting, MeetingTopology topology, CancellationToken ct) => _bus.TryWriteTopologyAsync(meeting, topology, ct);

        public ValueTask DisposeAsync() => _bus.DisposeAsync();
    }
}
