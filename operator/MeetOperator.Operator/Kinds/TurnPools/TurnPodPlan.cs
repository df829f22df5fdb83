namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>The next step of a pool: how many relays to create, which to drain and which to delete. Level-triggered and pure.</summary>
internal sealed record TurnPodPlan(int Create, IReadOnlyList<string> Drain, IReadOnlyList<string> Delete)
{
    public static TurnPodPlan Nothing { get; } = new(0, [], []);

    /// <summary>Participants who got a credential just before the drain may still be about to use it.</summary>
    private static readonly TimeSpan MinDrain = TimeSpan.FromSeconds(15);

    public static TurnPodPlan Decide(int replicas, IReadOnlyList<Relay> relays, TimeSpan deadline, DateTimeOffset now)
    {
        var failed = relays.Where(relay => relay is { HasFailed: true, IsDeleted: false });
        var finished = relays.Where(relay => relay is { HasFailed: false, IsDeleted: false, DrainSince: { } since }
            && ((relay.HasAnswered && relay.Allocations == 0 && (now - since >= MinDrain || !relay.IsReady)) || now - since >= deadline));
        var counted = relays.Where(relay => relay is { IsLeaving: false, HasFailed: false }).ToArray();
        string[] drain = [];
        if (counted.Length > replicas)
        {
            drain = [.. InDrainOrder(counted).Take(counted.Length - replicas)];
        }
        else if (counted.Length == replicas && counted.Any(relay => !relay.IsCurrent) && counted.Count(relay => relay.IsReady) >= replicas && !relays.Any(relay => relay.IsLeaving))
        {
            // One at a time: its host port is free for the next one only when it is gone.
            drain = [InDrainOrder(counted)[0]];
        }
        else if (counted.FirstOrDefault(relay => relay is { IsCurrent: false, IsReady: false, MayRecover: false } && (relay.Failure is not null || !relays.Any(other => other.IsLeaving))) is { } outdated)
        {
            // It may never work, for example because of a wrong image. Several that only do not answer may all be out of the operator's reach, with calls on them.
            drain = [outdated.Name];
        }

        return new TurnPodPlan(
            Math.Max(0, replicas - counted.Length),
            drain,
            [.. failed.Concat(finished).Select(relay => relay.Name).Order(StringComparer.Ordinal)]);
    }

    private static string[] InDrainOrder(IEnumerable<Relay> relays) =>
        [.. relays.OrderBy(relay => relay.IsCurrent).ThenBy(relay => relay.IsReady).ThenBy(relay => relay.Allocations).ThenBy(relay => relay.Name, StringComparer.Ordinal).Select(relay => relay.Name)];
}
