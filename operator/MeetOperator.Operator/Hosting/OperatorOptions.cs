using MeetOperator.Kube.Core;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Webhook;

namespace MeetOperator.Operator.Hosting;

/// <summary>What the operator is started with; every value comes from one environment variable of docs/architecture.md.</summary>
public sealed record OperatorOptions
{
    /// <summary>MEET_PUBLIC_URL: where people reach the pages; links to meetings begin with it.</summary>
    public string PublicUrl { get; init; } = "http://localhost:8080";

    /// <summary>MEET_OPERATOR_ADDRESS: where health and metrics are served.</summary>
    public string Address { get; init; } = "0.0.0.0:8081";

    /// <summary>MEET_MEDIA_NODE_IMAGE: image of media nodes whose pool names none.</summary>
    public string MediaNodeImage { get; init; } = "meetoperator/media-node:0.1.0";

    /// <summary>What pools may ask for, and where pools for every tenant stand.</summary>
    public PoolLimits Pools { get; init; } = new();

    /// <summary>MEET_NETWORK_POLICIES: true keeps a NetworkPolicy beside each pool.</summary>
    public bool NetworkPolicies { get; init; }

    /// <summary>MEET_METRICS_FROM: a JSON list of NetworkPolicy peers that may call media nodes' control port for metrics, besides operator and signaling.</summary>
    public IReadOnlyList<NetworkPolicyPeer> MetricsFrom { get; init; } = [];

    /// <summary>POD_NAME: this replica, for leader election.</summary>
    public string PodName { get; init; } = Environment.MachineName;

    /// <summary>POD_NAMESPACE: the operator's own namespace, where its Lease is.</summary>
    public string Namespace { get; init; } = "meet-system";

    /// <summary>POD_SERVICE_ACCOUNT: whom a tenant's namespace has to let read its Secrets with API keys.</summary>
    public string ServiceAccount { get; init; } = "meet-operator";

    /// <summary>MEET_TENANT_SECRETS_ROLE: the ClusterRole that a tenant's namespace has to bind for it.</summary>
    public string TenantSecretsRole { get; init; } = "meet-tenant-secrets";

    /// <summary>How often Secrets with API keys are read: a changed key works, and an old one is dead, after at most this time.</summary>
    public TimeSpan ApiKeyInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a dead leader's Lease holds off the others; a replica that stops in good order gives it back at once.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Where the authority of NodeControl is kept.</summary>
    public ControlOptions Control { get; init; } = new();

    /// <summary>How admission is served; null when the webhook is off, and the reconcilers alone judge what they find.</summary>
    public WebhookOptions? Webhook { get; init; }

    /// <summary>How many meetings are reconciled at the same time. They mostly wait for the API server and media nodes.</summary>
    public int MeetingConcurrency { get; init; } = 32;
}
