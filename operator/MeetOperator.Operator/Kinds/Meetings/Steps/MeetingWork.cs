using System.Security.Cryptography;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>Runs the controller of meetings with its steps, and wakes meetings that wait or whose status differs from the state in memory.</summary>
internal sealed class MeetingWork : IKindWork
{
    /// <summary>Limits the status writes of all meetings that cannot be placed, so that they do not overload the API server.</summary>
    private const int WaitingStatusesPerSecond = 3;
    private const int WaitingEventsPerSecond = 2;
    private readonly MeetingStateSync _stateSync;

    public MeetingWork(LeaderContext leader)
    {
        var (cluster, fleet, options, time) = (leader.Cluster, leader.Fleet, leader.Options, leader.Time);
        var rights = new PoolRights(cluster, options);
        var pending = new PendingMeetings();
        var waiting = new PendingWakeups(pending, time);
        var callLimit = new NodeCallLimit(Math.Max(1, options.MeetingConcurrency / 4), time);
        var links = new LinkKeeper(fleet, leader.Clients, callLimit, RandomNumberGenerator.GetBytes, leader.Logs.CreateLogger<LinkKeeper>(), time);
        var ages = new MeetingAges(time);
        var releases = new MeetingReleases(fleet, leader.Quotas, links, ages, pending, waiting);
        var ids = new MeetingIds(cluster, fleet);
        var rooms = new RoomKeeper(fleet, leader.Clients, callLimit, time);
        var events = new MeetingEvents(leader.Events, leader.Metrics, new WriteBudget(WaitingEventsPerSecond, time));
        IReadOnlyList<IMeetingStep> steps =
        [
            new AdoptStep(fleet, ids, rights),
            new DeleteStep(cluster, rooms, releases),
            new FinishedStep(cluster, releases),
            new ObserveStep(fleet, ages),
            new EndStep(fleet, rooms, ages, releases, events),
            new AcceptStep(ids, fleet, leader.Quotas, pending, events),
            new PlaceStep(cluster, fleet, rooms, pending, events),
            new ReachStep(cluster, fleet, rights, events),
        ];
        IReadOnlyList<IMeetingStep> calls =
        [
            new RoomsStep(fleet, rooms, events),
            new LinksStep(fleet, links),
        ];
        _stateSync = new MeetingStateSync(cluster, fleet, leader.Quotas, releases, ids, rights);
        var controller = new MeetingController(cluster, steps, calls, ages, releases, new WriteBudget(WaitingStatusesPerSecond, time), options, time);
        var meetings = MeetingWatches.Controller(cluster, _stateSync, leader.Health, options, leader.Logs).Build(controller);
        controller.Wake = meetings.Enqueue;
        waiting.Wake = meetings.Enqueue;
        leader.Wakeups.Meeting = meetings.Enqueue;
        leader.Wakeups.CapacityGrew = waiting.OnCapacityFreed;
        Loops = [meetings.RunAsync, ct => _stateSync.WatchAsync(meetings.Enqueue, time, ct), waiting.RunAsync];
    }

    public IReadOnlyList<Func<CancellationToken, Task>> Loops { get; }

    public void Start() => _stateSync.Restore();
}
