namespace MeetOperator.Operator.Settings;

/// <summary>Settings of the admission webhook; absent when the webhook is off.</summary>
public sealed record WebhookOptions
{
    /// <summary>MEET_WEBHOOK_ADDRESS: the HTTPS address to listen on.</summary>
    public required string Address { get; init; }

    /// <summary>MEET_WEBHOOK_SERVICE: the Service in the operator's namespace that the API server calls. The certificate contains its DNS names.</summary>
    public string Service { get; init; } = "meet-webhook";

    /// <summary>MEET_WEBHOOK_CONFIGURATION: name of the two webhook configurations whose caBundle the operator maintains.</summary>
    public string Configuration { get; init; } = "meet-webhook";

    /// <summary>
    /// MEET_WEBHOOK_CERTIFICATE_DIR: directory with tls.crt and tls.key of another authority. If set, the operator creates no authority and writes no caBundle.
    /// </summary>
    public string? CertificateDirectory { get; init; }

    /// <summary>Name of the Secret that contains the operator's own authority.</summary>
    public string AuthoritySecret => $"{Configuration}-ca";

    /// <summary>DNS names of the Service; the API server checks the first one.</summary>
    public IReadOnlyList<string> DnsNames(string @namespace) =>
        [$"{Service}.{@namespace}.svc", $"{Service}.{@namespace}.svc.cluster.local", $"{Service}.{@namespace}", Service];
}
