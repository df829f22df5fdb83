using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Core;

/// <summary>core/v1 Namespace.</summary>
[KubernetesEntity(Version = "v1", Kind = "Namespace", Plural = "namespaces", ShortNames = ["ns"], Scope = EntityScope.Cluster)]
public sealed class Namespace : KubernetesObject
{
    public NamespaceSpec? Spec { get; set; }
    public NamespaceStatus? Status { get; set; }
}

public sealed class NamespaceSpec
{
    public IList<string>? Finalizers { get; set; }
}

public sealed class NamespaceStatus : ExtensibleObject
{
    /// <summary>Active or Terminating.</summary>
    public string? Phase { get; set; }
}
