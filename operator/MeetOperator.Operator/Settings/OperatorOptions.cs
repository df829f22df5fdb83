using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Settings;

/// <summary>Settings of the operator; each value comes from one environment variable in docs/configuration.md.</summary>
public sealed record OperatorOptions
{
    /// <summary>MEET_PUBLIC_URL: base URL of the pages; meeting links start with it.</summary>
    public string PublicUrl { get; init; } = "http://localhost:8080";

    /// <summary>MEET_OPERATOR_ADDRESS: address of the health and metrics endpoints.</summary>
    public string Address { get; init; } = "0.0.0.0:8081";

    /// <summary>MEET_MEDIA_NODE_IMAGE: image of media nodes whose pool does not set one.</summary>
    public string MediaNodeImage { get; init; } = "meetoperator/media-node:0.1.0";

    /// <summary>OTEL_* and MEET_TRACING_TO: where media nodes send their spans.</summary>
    public TracingOptions Tracing { get; init; } = new();

    /// <summary>Image and tracing settings for all media nodes.</summary>
    internal MediaNodeDefaults MediaNodes => new(MediaNodeImage, Tracing.Variables);

    /// <summary>What pools may request, and which namespaces contain pools for every tenant.</summary>
    public PoolLimits Pools { get; init; } = new();

    /// <summary>MEET_NETWORK_POLICIES: when true, the operator maintains a NetworkPolicy for each pool.</summary>
    public bool NetworkPolicies { get; init; }

    /// <summary>MEET_EVICTION_PROTECTION: when true, the operator maintains a PodDisruptionBudget for each pool, and marks the Pods that are in use.</summary>
    public bool EvictionProtection { get; init; }

    /// <summary>
    /// MEET_METRICS_FROM: a JSON list of NetworkPolicy peers that may scrape metrics from the control port of media nodes, in addition to operator and
    /// signaling.
    /// </summary>
    public IReadOnlyList<NetworkPolicyPeer> MetricsFrom { get; init; } = [];

    /// <summary>POD_NAME: identity of this replica in the leader election.</summary>
    public string PodName { get; init; } = Environment.MachineName;

    /// <summary>POD_NAMESPACE: the operator's own namespace, which contains its Lease.</summary>
    public string Namespace { get; init; } = "meet-system";

    /// <summary>POD_SERVICE_ACCOUNT: the service account that a tenant's namespace must allow to read its Secrets with API keys.</summary>
    public string ServiceAccount { get; init; } = "meet-operator";

    /// <summary>MEET_TENANT_SECRETS_ROLE: the ClusterRole that a tenant's namespace must bind for it.</summary>
    public string TenantSecretsRole { get; init; } = "meet-tenant-secrets";

    /// <summary>How often Secrets with API keys are read. A changed key is accepted, and a removed one rejected, within this time.</summary>
    public TimeSpan ApiKeyInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// MEET_LEASE_SECONDS: how long the Lease of a failed leader blocks the other replicas. The leader renews it four times within that time, and stops leading
    /// if it cannot for three quarters of it. A replica that shuts down normally releases it at once.
    /// </summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The Secrets of the NodeControl authority.</summary>
    public ControlOptions Control { get; init; } = new();

    /// <summary>Settings of relays (TURN).</summary>
    public TurnOptions Turn { get; init; } = new();

    /// <summary>Settings of the admission webhook; null when it is off and only the reconcilers validate objects.</summary>
    public WebhookOptions? Webhook { get; init; }

    /// <summary>Number of meetings to reconcile concurrently. Reconciles mostly wait for the API server and media nodes.</summary>
    public int MeetingConcurrency { get; init; } = 32;

    /// <summary>Limit for status writes of all meetings together that joins and leaves cause: changes of figures, such as the number of participants, and between empty and in use.</summary>
    public int FigureWritesPerSecond { get; init; } = 85;
}
