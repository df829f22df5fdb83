using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>What matters of the cluster node that runs a media node's Pod.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Gone">The cluster has no node of that name any more.</param>
/// <param name="Ready">Its kubelet reports.</param>
/// <param name="Cordoned">It takes no new Pods: <c>kubectl cordon</c>.</param>
internal sealed record Machine(string Name, bool Gone, bool Ready, bool Cordoned)
{
    public static Machine Missing(string name) => new(name, Gone: true, Ready: false, Cordoned: false);

    /// <summary>A node without the condition Ready has said nothing yet and counts as ready.</summary>
    public static Machine Of(Node node) => new(
        node.Metadata.Name!,
        Gone: false,
        Ready: node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready") is null or { Status: "True" },
        Cordoned: node.Spec?.Unschedulable == true);
}
