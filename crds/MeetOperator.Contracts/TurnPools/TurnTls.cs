using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>The certificate with which relays serve TLS.</summary>
public sealed record TurnTls
{
    /// <summary>Secret of type kubernetes.io/tls in the pool's namespace, with the certificate and its private key. The operator needs permission to read it. Required; mutable.</summary>
    [RequiredField]
    [MaxLength(253)]
    [MinLength(1)]
    [Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    public string SecretName { get; init; } = string.Empty;

    /// <summary>DNS name that clients connect to. It must be one of the certificate, and lead to all relays of the pool. Optional; default the first name of the certificate without a wildcard; mutable.</summary>
    [MaxLength(253)]
    [MinLength(1)]
    [Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    public string? Host { get; init; }
}
