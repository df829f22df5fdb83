namespace MeetOperator.Kube.Client;

/// <summary>A value of a kubeconfig file: a mapping, a list or a scalar.</summary>
internal abstract class KubeConfigNode
{
    public abstract bool IsMapping { get; }

    /// <summary>The elements of a list; null when this is none.</summary>
    public abstract IEnumerable<KubeConfigNode>? Items { get; }

    /// <summary>A scalar as text, empty for null; null when this is no scalar.</summary>
    public abstract string? Scalar { get; }

    /// <summary>The value of a mapping's member; null when there is none, or this is no mapping.</summary>
    public abstract KubeConfigNode? Member(string name);
}
