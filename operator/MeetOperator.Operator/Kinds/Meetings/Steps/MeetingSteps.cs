using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.Tenants;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>The steps of a meeting's reconcile, in the order in which they run.</summary>
internal static class MeetingSteps
{
    public static IReadOnlyList<IMeetingStep> Create(
        ClusterView cluster, MediaFleet fleet, MeetingIds ids, PoolRights rights, QuotaLedger ledger, PendingMeetings pending, MeetingReleases releases, RoomKeeper rooms, MeetingAges ages, MeetingEvents events) =>
    [
        new AdoptStep(fleet, ids, rights),
        new DeleteStep(cluster, rooms, releases),
        new FinishedStep(cluster, releases),
        new ObserveStep(fleet),
        new EndStep(fleet, rooms, ages, releases, events),
        new AcceptStep(ids, fleet, ledger, pending, events),
        new PlaceStep(cluster, fleet, rooms, pending, events),
    ];
}
