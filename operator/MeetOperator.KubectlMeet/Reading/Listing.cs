using MeetOperator.Kube;

namespace MeetOperator.KubectlMeet.Reading;

/// <summary>The objects of one kind that could be read.</summary>
/// <param name="Items">The objects.</param>
/// <param name="NotReadable">What could not be read, one sentence each without a period.</param>
/// <param name="IsReadable">False when nothing of the kind was readable.</param>
/// <param name="IsComplete">True when every namespace is included.</param>
internal sealed record Listing<T>(IReadOnlyList<T> Items, IReadOnlyList<string> NotReadable, bool IsReadable, bool IsComplete)
    where T : KubernetesObject;
