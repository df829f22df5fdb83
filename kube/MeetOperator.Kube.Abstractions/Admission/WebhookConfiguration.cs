using System.Text.Json.Serialization;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Admission;

/// <summary>Base of validating and mutating configurations: webhooks that the API server calls before it stores an object.</summary>
public abstract class WebhookConfiguration : KubernetesObject
{
    public IList<AdmissionWebhook>? Webhooks { get; set; }
}

/// <summary>admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration.</summary>
[KubernetesEntity(
    Group = "admissionregistration.k8s.io", Version = "v1", Kind = "ValidatingWebhookConfiguration", Plural = "validatingwebhookconfigurations", Scope = EntityScope.Cluster)]
public sealed class ValidatingWebhookConfiguration : WebhookConfiguration;

/// <summary>admissionregistration.k8s.io/v1 MutatingWebhookConfiguration.</summary>
[KubernetesEntity(
    Group = "admissionregistration.k8s.io", Version = "v1", Kind = "MutatingWebhookConfiguration", Plural = "mutatingwebhookconfigurations", Scope = EntityScope.Cluster)]
public sealed class MutatingWebhookConfiguration : WebhookConfiguration;

/// <summary>One webhook of a configuration.</summary>
public sealed class AdmissionWebhook : ExtensibleObject
{
    public string Name { get; set; } = string.Empty;
    public WebhookClientConfig ClientConfig { get; set; } = new();
}

/// <summary>The address of a webhook and the certificate authorities for its certificate.</summary>
public sealed class WebhookClientConfig : ExtensibleObject
{
    /// <summary>PEM certificates in base64, as on the wire.</summary>
    [JsonPropertyName("caBundle")]
    public string? CaBundle { get; set; }
    public WebhookService? Service { get; set; }
}

/// <summary>The Service of a webhook.</summary>
public sealed class WebhookService : ExtensibleObject
{
    public string Namespace { get; set; } = string.Empty;
    public string Name { get; set; } = string.Empty;
}
