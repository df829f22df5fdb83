using System.Text.Json.Nodes;

namespace MeetOperator.Kube.Client.Config;

/// <summary>A value in a kubeconfig file: a mapping, a list, or a scalar.</summary>
internal abstract class KubeConfigNode
{
    public abstract bool IsMapping { get; }

    /// <summary>The elements of a list; null if this is not a list.</summary>
    public abstract IEnumerable<KubeConfigNode>? Items { get; }

    /// <summary>The text of a scalar, empty for a null value; null if this is not a scalar.</summary>
    public abstract string? Scalar { get; }

    /// <summary>The value of a member of a mapping; null if there is no such member or this is not a mapping.</summary>
    public abstract KubeConfigNode? Member(string name);

    /// <summary>The value as JSON; null for a null value.</summary>
    public abstract JsonNode? ToJson();
}
