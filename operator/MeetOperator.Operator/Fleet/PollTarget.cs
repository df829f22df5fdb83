using MeetOperator.Kube;

namespace MeetOperator.Operator.Fleet;

/// <summary>Where one media node answers. Another Pod is another target, even under the same address.</summary>
internal sealed record PollTarget(NamespacedName Node, string PodUid, Uri Address, string Token);
