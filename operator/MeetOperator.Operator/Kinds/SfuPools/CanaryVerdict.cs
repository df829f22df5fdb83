namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Whether a new template has passed its trial.</summary>
/// <param name="HasPassed">False when the rollout is rolled back.</param>
/// <param name="Reason">Why.</param>
internal sealed record CanaryVerdict(bool HasPassed, string Reason);
