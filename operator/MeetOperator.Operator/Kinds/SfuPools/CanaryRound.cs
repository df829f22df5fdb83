using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>A round of test calls on the nodes that try a new template.</summary>
/// <param name="Started">Timestamp of its start.</param>
/// <param name="Calls">The results by node, null for a node that cannot make test calls; null when they have been counted.</param>
internal sealed record CanaryRound(long Started, Task<Dictionary<string, CallReport?>>? Calls);
