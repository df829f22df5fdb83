using MeetOperator.Kube;

namespace MeetOperator.Operator.Fleet;

/// <summary>Where one media node answers, and the name in its certificate. Another Pod is another target, even under the same address.</summary>
internal sealed record PollTarget(NamespacedName Node, string PodUid, Uri Address, string Host);
