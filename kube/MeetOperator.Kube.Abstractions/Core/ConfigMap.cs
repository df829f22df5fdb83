using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Core;

/// <summary>core/v1 ConfigMap. <see cref="BinaryData"/> contains base64.</summary>
[KubernetesEntity(Version = "v1", Kind = "ConfigMap", Plural = "configmaps", ShortNames = ["cm"])]
public sealed class ConfigMap : KubernetesObject
{
    public bool? Immutable { get; set; }
    public IDictionary<string, string>? Data { get; set; }
    public IDictionary<string, string>? BinaryData { get; set; }
}
