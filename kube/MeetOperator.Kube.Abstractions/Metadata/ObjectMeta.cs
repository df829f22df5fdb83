using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.Kube.Metadata;

/// <summary>Metadata of every Kubernetes object (Kubernetes API conventions, "Metadata").</summary>
public sealed class ObjectMeta
{
    public string? Name { get; set; }
    public string? GenerateName { get; set; }
    public string? Namespace { get; set; }
    public string? Uid { get; set; }
    public string? ResourceVersion { get; set; }
    public long? Generation { get; set; }
    public DateTimeOffset? CreationTimestamp { get; set; }
    public DateTimeOffset? DeletionTimestamp { get; set; }
    public long? DeletionGracePeriodSeconds { get; set; }
    public IDictionary<string, string>? Labels { get; set; }
    public IDictionary<string, string>? Annotations { get; set; }
    public IList<OwnerReference>? OwnerReferences { get; set; }
    public IList<string>? Finalizers { get; set; }

    /// <summary>Field ownership for server-side apply, in the form sent by the server.</summary>
    public JsonElement? ManagedFields { get; set; }

    [JsonIgnore]
    public NamespacedName NamespacedName => new(Namespace, Name ?? string.Empty);
}
