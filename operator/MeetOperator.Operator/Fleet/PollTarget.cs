using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>The control address of one media node and the name in its certificate. Each Pod is a different target, even at the same address.</summary>
internal sealed record PollTarget(NamespacedName Node, string PodUid, Uri Address, string Host);
