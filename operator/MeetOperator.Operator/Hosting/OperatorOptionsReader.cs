using System.Globalization;
using System.Net;
using System.Text.Json;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Hosting;

/// <summary>Reads and validates the environment variables.</summary>
internal static class OperatorOptionsReader
{
    /// <summary>
    /// The variables of the exporter (OpenTelemetry, environment variable specification) that media nodes get too. Not the headers: they can contain a secret, and media nodes
    /// run in namespaces of tenants. Not the sampler: media nodes follow the decision of their callers.
    /// </summary>
    private static readonly IReadOnlyList<string> TracingVariables =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_BSP_SCHEDULE_DELAY",
    ];

    /// <summary>With a shorter Lease, a pause of two seconds in an API server would end the term of every leader.</summary>
    private const int MinLeaseSeconds = 3;
    private const int MaxLeaseSeconds = 60;

    /// <param name="variable">Returns the value of an environment variable, or null.</param>
    /// <param name="errors">One sentence per error, with the variable and the fix; empty when the result is usable.</param>
    public static OperatorOptions? Read(Func<string, string?> variable, out IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(variable);
        var found = new List<string>();
        errors = found;
        var defaults = new OperatorOptions();
        var options = defaults with
        {
            PublicUrl = Text(variable("MEET_PUBLIC_URL")) ?? defaults.PublicUrl,
            Address = Text(variable("MEET_OPERATOR_ADDRESS")) ?? defaults.Address,
            MediaNodeImage = Text(variable("MEET_MEDIA_NODE_IMAGE")) ?? defaults.MediaNodeImage,
            Tracing = ReadTracing(variable, found),
            PodName = Text(variable("POD_NAME")) ?? defaults.PodName,
            Namespace = Text(variable("POD_NAMESPACE")) ?? defaults.Namespace,
            ServiceAccount = Text(variable("POD_SERVICE_ACCOUNT")) ?? defaults.ServiceAccount,
            TenantSecretsRole = Text(variable("MEET_TENANT_SECRETS_ROLE")) ?? defaults.TenantSecretsRole,
            Control = new ControlOptions
            {
                AuthoritySecret = Text(variable("MEET_CONTROL_AUTHORITY")) ?? defaults.Control.AuthoritySecret,
                SignalingSecret = Text(variable("MEET_CONTROL_SIGNALING")) ?? defaults.Control.SignalingSecret,
                MetricsSecret = Text(variable("MEET_CONTROL_METRICS")) ?? defaults.Control.MetricsSecret,
            },
            Turn = new TurnOptions
            {
                Image = Text(variable("MEET_TURN_IMAGE")) ?? defaults.Turn.Image,
                Secret = Text(variable("MEET_TURN_SECRET")) ?? defaults.Turn.Secret,
                LoopbackPeers = ReadSwitch(variable, "MEET_TURN_LOOPBACK_PEERS", found),
            },
            LeaseDuration = ReadLease(variable, defaults.LeaseDuration, found),
            Webhook = ReadWebhook(variable, found),
            NetworkPolicies = ReadSwitch(variable, "MEET_NETWORK_POLICIES", found),
            EvictionProtection = ReadSwitch(variable, "MEET_EVICTION_PROTECTION", found),
            MetricsFrom = ReadPeers(variable, "MEET_METRICS_FROM", found),
            Pools = ReadPools(variable, found),
        };
        if (!Uri.TryCreate(options.PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            found.Add($"MEET_PUBLIC_URL is \"{options.PublicUrl}\": set a URL that starts with http:// or https://");
        }

        if (!IsEndPoint(options.Address))
        {
            found.Add($"MEET_OPERATOR_ADDRESS is \"{options.Address}\": set an IP address and a port such as 0.0.0.0:8081");
        }

        found.AddRange(TraceSettings.Problems(variable));
        return found.Count == 0 ? options : null;
    }

    private static TimeSpan ReadLease(Func<string, string?> variable, TimeSpan otherwise, List<string> errors)
    {
        if (Text(variable("MEET_LEASE_SECONDS")) is not { } text)
        {
            return otherwise;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < MinLeaseSeconds or > MaxLeaseSeconds)
        {
            errors.Add($"MEET_LEASE_SECONDS is \"{text}\": set a whole number from {MinLeaseSeconds} to {MaxLeaseSeconds}");
            return otherwise;
        }

        return TimeSpan.FromSeconds(seconds);
    }

    private static bool ReadSwitch(Func<string, string?> variable, string name, List<string> errors)
    {
        var text = Text(variable(name)) ?? "false";
        if (text is not ("true" or "false"))
        {
            errors.Add($"{name} is \"{text}\": set true or false");
        }

        return text == "true";
    }

    private static TracingOptions ReadTracing(Func<string, string?> variable, List<string> errors)
    {
        var to = ReadPeers(variable, "MEET_TRACING_TO", errors);
        return !TraceSettings.IsOn(variable) ? new TracingOptions() : new TracingOptions
        {
            Variables = TracingVariables.Where(name => Text(variable(name)) is not null).ToDictionary(name => name, name => variable(name)!, StringComparer.Ordinal),
            Port = Uri.TryCreate(TraceSettings.Endpoint(variable), UriKind.Absolute, out var endpoint) ? endpoint.Port : null,
            To = to,
        };
    }

    private static NetworkPolicyPeer[] ReadPeers(Func<string, string?> variable, string name, List<string> errors)
    {
        try
        {
            return JsonSerializer.Deserialize<NetworkPolicyPeer[]>(Text(variable(name)) ?? "[]", KubeJson.Options) ?? [];
        }
        catch (JsonException unreadable)
        {
            errors.Add($"{name} is not a JSON list of NetworkPolicy peers: {unreadable.Message}");
            return [];
        }
    }

    private static PoolLimits ReadPools(Func<string, string?> variable, List<string> errors)
    {
        var limits = new PoolLimits { Namespaces = List(variable("MEET_POOL_NAMESPACES")), PriorityClasses = List(variable("MEET_POOL_PRIORITY_CLASSES")), Annotations = List(variable("MEET_POOL_ANNOTATIONS")), ImageRepositories = List(variable("MEET_POOL_IMAGES")) };
        foreach (var entry in limits.ImageRepositories.Where(entry => !ImageRepository.IsRepository(entry)))
        {
            errors.Add($"MEET_POOL_IMAGES contains \"{entry}\", which is not a repository: set registry and path without a tag, such as registry.example/meet/media-node");
        }

        var exposures = List(variable("MEET_POOL_EXPOSURES"));
        foreach (var entry in exposures.Where(entry => !Enum.GetNames<ExposureType>().Contains(entry, StringComparer.Ordinal)))
        {
            errors.Add($"MEET_POOL_EXPOSURES contains \"{entry}\": set a comma-separated list of {string.Join(", ", Enum.GetNames<ExposureType>())}");
            exposures = [];
        }

        return exposures.Count == 0 ? limits : limits with { Exposures = [.. exposures.Select(Enum.Parse<ExposureType>)] };
    }

    private static IReadOnlyList<string> List(string? value) =>
        (value ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static WebhookOptions? ReadWebhook(Func<string, string?> variable, List<string> errors)
    {
        if (Text(variable("MEET_WEBHOOK_ADDRESS")) is not { } address)
        {
            return null;
        }

        var defaults = new WebhookOptions { Address = address };
        var options = defaults with
        {
            Service = Text(variable("MEET_WEBHOOK_SERVICE")) ?? defaults.Service,
            Configuration = Text(variable("MEET_WEBHOOK_CONFIGURATION")) ?? defaults.Configuration,
            CertificateDirectory = Text(variable("MEET_WEBHOOK_CERTIFICATE_DIR")),
        };
        if (!IsEndPoint(address))
        {
            errors.Add($"MEET_WEBHOOK_ADDRESS is \"{address}\": set an IP address and a port such as 0.0.0.0:9443");
        }

        if (options.CertificateDirectory is { } folder && !Directory.Exists(folder))
        {
            errors.Add($"MEET_WEBHOOK_CERTIFICATE_DIR is \"{folder}\", which is not a directory: mount a Secret with tls.crt and tls.key there, or unset the variable to use the operator's own authority");
        }

        return options;
    }

    /// <summary>A number without a colon would be parsed as an IPv4 address.</summary>
    private static bool IsEndPoint(string text) => text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out _);

    private static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
