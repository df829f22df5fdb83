using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>What is asked of the API server about a machine.</summary>
/// <param name="Machine">Name of the cluster node.</param>
/// <param name="Pod">A media node on it that does not answer the operator.</param>
/// <param name="UnansweredSince">Timestamp of its first unanswered poll. The result is valid only for this silence.</param>
/// <param name="Control">A media node on another machine that answers the operator.</param>
internal sealed record MachineProbe(string Machine, NamespacedName Pod, long UnansweredSince, NamespacedName Control);
