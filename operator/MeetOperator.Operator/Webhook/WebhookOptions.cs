namespace MeetOperator.Operator.Webhook;

/// <summary>How admission is served to the API server; absent when the webhook is off.</summary>
public sealed record WebhookOptions
{
    /// <summary>MEET_WEBHOOK_ADDRESS: where HTTPS is served.</summary>
    public required string Address { get; init; }

    /// <summary>MEET_WEBHOOK_SERVICE: the Service in the operator's namespace through which the API server calls; the certificate carries its names.</summary>
    public string Service { get; init; } = "meet-webhook";

    /// <summary>MEET_WEBHOOK_CONFIGURATION: name of the two webhook configurations whose caBundle is kept.</summary>
    public string Configuration { get; init; } = "meet-webhook";

    /// <summary>MEET_WEBHOOK_CERTIFICATE_DIR: folder with tls.crt and tls.key of another authority; the operator then makes none and writes no caBundle.</summary>
    public string? CertificateDirectory { get; init; }

    /// <summary>Name of the Secret that holds the operator's own authority.</summary>
    public string AuthoritySecret => $"{Configuration}-ca";

    /// <summary>Names by which Kubernetes calls a Service; the first is the one that the API server checks.</summary>
    public IReadOnlyList<string> DnsNames(string @namespace) =>
        [$"{Service}.{@namespace}.svc", $"{Service}.{@namespace}.svc.cluster.local", $"{Service}.{@namespace}", Service];
}
