using System.Globalization;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>The state of a pool's rollout: what it is derived from is in the status and in the nodes, so that every leader continues it in the same way. Pure.</summary>
internal static class RolloutRules
{
    private const int MaxHistory = 10;
    private const int MaxReason = 1024;
    private const string Superseded = "the template changed again before every media node had been replaced";
    private const string Completed = "every media node has the template";

    /// <summary>Number of extra nodes: at least one, percentages rounded up.</summary>
    public static int SurgeOf(IntOrString maxSurge, int replicas) => Math.Max(1, maxSurge.Text is { } text
        ? (int)Math.Ceiling(replicas * (double)Percent(text) / 100)
        : maxSurge.Number);

    /// <summary>The state after what has been observed.</summary>
    /// <param name="stored">The state in the status, or null.</param>
    /// <param name="facts">What has been observed.</param>
    /// <param name="now">The current time, for the history.</param>
    public static SfuRolloutStatus Advance(SfuRolloutStatus? stored, RolloutFacts facts, DateTimeOffset now)
    {
        now = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        var state = stored?.Revision == facts.Revision ? stored! : Begin(stored, facts, now);
        if (state.Phase is RolloutPhase.Canary or RolloutPhase.RolledBack && facts.Canary is null)
        {
            state = state with { Phase = RolloutPhase.Progressing, Canary = null, StartedAt = state.Phase == RolloutPhase.RolledBack ? now : state.StartedAt };
        }

        if (state.Phase == RolloutPhase.RolledBack)
        {
            return state with { Surge = SurgeNow(state, facts) };
        }

        if (facts.Outdated == 0 && (state.Phase != RolloutPhase.Canary || facts.Replicas == 0))
        {
            return (state.Phase == RolloutPhase.Complete ? state : End(state, RolloutResult.Completed, Completed, now)) with { Phase = RolloutPhase.Complete, Surge = 0, Canary = null, Stable = facts.Template };
        }

        state = state.Phase == RolloutPhase.Complete ? state with { Phase = RolloutPhase.Progressing, StartedAt = now } : state;
        return state with { Surge = SurgeNow(state, facts) };
    }

    /// <summary>The state after a trial: the rollout goes on, or its template is not tried again until it changes.</summary>
    public static SfuRolloutStatus Conclude(SfuRolloutStatus state, SfuCanaryStatus? canary, CanaryVerdict? verdict, DateTimeOffset now) => verdict switch
    {
        null => state with { Canary = canary },
        { HasPassed: true } => state with { Phase = RolloutPhase.Progressing, Canary = canary },
        _ => End(state, RolloutResult.RolledBack, verdict.Reason, DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds())) with { Phase = RolloutPhase.RolledBack, Canary = canary },
    };

    /// <summary>Whether the pool's template has failed its trial.</summary>
    public static bool IsRolledBack(SfuPool pool, string revision) =>
        pool is { Spec.Rollout.Canary: not null, Status.Rollout: { Phase: RolloutPhase.RolledBack, Stable: not null } rollout } && rollout.Revision == revision;

    /// <summary>Why the latest rollout was rolled back.</summary>
    public static string ReasonOf(SfuRolloutStatus rollout) => rollout.History.FirstOrDefault(record => record.Result == RolloutResult.RolledBack)?.Reason ?? "it failed its trial";

    private static SfuRolloutStatus Begin(SfuRolloutStatus? stored, RolloutFacts facts, DateTimeOffset now)
    {
        var before = stored is { Phase: not (RolloutPhase.Complete or RolloutPhase.RolledBack) } ? End(stored, RolloutResult.Superseded, Superseded, now) : stored;
        var isTried = facts is { Canary: not null, Outdated: > 0, Replicas: > 0 } && stored?.Stable is { } stable && stable.Revision != facts.Revision;
        return new SfuRolloutStatus
        {
            Revision = facts.Revision,
            Image = facts.Image,
            Phase = facts.Outdated == 0 && stored is null ? RolloutPhase.Complete : isTried ? RolloutPhase.Canary : RolloutPhase.Progressing,
            StartedAt = facts.Outdated == 0 && stored is null ? null : now,
            Surge = stored?.Surge ?? 0,
            Stable = stored?.Stable,
            History = before?.History ?? [],
        };
    }

    private static SfuRolloutStatus End(SfuRolloutStatus state, RolloutResult result, string reason, DateTimeOffset now)
    {
        var ended = new SfuRolloutRecord
        {
            Revision = state.Revision,
            Image = state.Image,
            StartedAt = state.StartedAt,
            FinishedAt = now,
            Result = result,
            Reason = reason.Length <= MaxReason ? reason : reason[..MaxReason],
        };
        return state with { History = [ended, .. state.History.Take(MaxHistory - 1)] };
    }

    /// <summary>A paused rollout keeps the extra nodes that it has, and creates no others.</summary>
    private static int SurgeNow(SfuRolloutStatus state, RolloutFacts facts) =>
        Math.Clamp(facts.Counted - facts.Replicas, 0, facts.IsPaused ? state.Surge : Math.Max(facts.MaxSurge ?? 1, facts.Canary?.Nodes ?? 1));

    private static int Percent(string text) => int.TryParse(text.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) ? percent : 0;
}
