using System.Text.Json.Serialization;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube;

/// <summary>An object with apiVersion, kind, and metadata.</summary>
public interface IKubernetesObject
{
    string? ApiVersion { get; set; }
    string? Kind { get; set; }
    ObjectMeta Metadata { get; set; }
}

/// <summary>Base of typed objects. The defaults for <see cref="ApiVersion"/> and <see cref="Kind"/> come from <see cref="KubernetesEntityAttribute"/>.</summary>
public abstract class KubernetesObject : IKubernetesObject
{
    protected KubernetesObject()
    {
        var entity = KubernetesEntityAttribute.Of(GetType());
        ApiVersion = entity.ApiVersion;
        Kind = entity.Kind;
    }

    [JsonPropertyOrder(-3)]
    public string? ApiVersion { get; set; }

    [JsonPropertyOrder(-2)]
    public string? Kind { get; set; }

    [JsonPropertyOrder(-1)]
    public ObjectMeta Metadata { get; set; } = new();
}

/// <summary>A custom resource with spec and status. <typeparamref name="TStatus"/> is written through the status subresource only.</summary>
public abstract class CustomResource<TSpec, TStatus> : KubernetesObject
    where TSpec : class, new()
    where TStatus : class, new()
{
    public TSpec Spec { get; set; } = new();

    public TStatus? Status { get; set; }
}
