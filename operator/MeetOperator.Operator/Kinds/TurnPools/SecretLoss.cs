using System.Globalization;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>How a pool reports that the stored secrets of its relays were deleted or replaced. Pure.</summary>
internal static class SecretLoss
{
    /// <param name="secret">The Secret that contained them.</param>
    /// <param name="next">The record with the next secret.</param>
    /// <param name="auth">How long relays accept the former ones, if they are known.</param>
    public static NodeFailure Describe(NamespacedName secret, TurnRecord next, TurnAuth auth)
    {
        var isKnown = next.Keys.Count > 1;
        return new NodeFailure(isKnown ? "FormerAccepted" : "FormerUnknown", string.Create(
            CultureInfo.InvariantCulture,
            $"Secret {secret} no longer had the secrets of this pool, so credentials are made with a new one, version {next.KeyVersion}. Calls go on. {(isKnown
                ? $"Credentials made with the former ones are valid until they end: relays accept these secrets for {auth.OverlapSeconds} s"
                : "The former ones are unknown, so credentials made with them open no further allocations; participants get new credentials")}. Restrict who may delete or change this Secret"));
    }

    public static bool IsReported(TurnPool pool, NodeFailure lost) => Conditions.Get(pool.Status?.Conditions, MeetConditions.SecretLost)?.Message == lost.Message;

    /// <summary>An earlier loss, until credentials made with the former secrets have ended; then null.</summary>
    public static NodeFailure? FindEarlier(TurnPool pool, DateTimeOffset now) =>
        Conditions.Get(pool.Status?.Conditions, MeetConditions.SecretLost) is { } condition && now < condition.LastTransitionTime?.AddSeconds(pool.Spec.Auth.OverlapSeconds)
            ? new NodeFailure(condition.Reason, condition.Message)
            : null;

    /// <summary>Sets or removes the condition. A further loss begins it again.</summary>
    public static IList<Condition> Set(IEnumerable<Condition>? conditions, NodeFailure? lost, NodeFailure? earlier, long? generation, DateTimeOffset now) =>
        ProblemConditions.Set(lost is null ? conditions : Conditions.Remove(conditions, MeetConditions.SecretLost), MeetConditions.SecretLost, lost ?? earlier, generation, now);
}
