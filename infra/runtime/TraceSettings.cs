using System.Globalization;

namespace MeetOperator;

/// <summary>Reads the variables <c>OTEL_*</c> that choose where spans go (OpenTelemetry, environment variable specification). Pure.</summary>
internal static class TraceSettings
{
    private static readonly string[] Samplers = ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"];

    /// <summary>Whether there is an endpoint and nothing turns tracing off.</summary>
    public static bool IsOn(Func<string, string?> environment) =>
        Endpoint(environment) is not null && !Is(environment("OTEL_SDK_DISABLED"), "true") && !Is(environment("OTEL_TRACES_EXPORTER"), "none");

    /// <summary>URL of the collector; null if none is set.</summary>
    public static string? Endpoint(Func<string, string?> environment) => Text(environment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) ?? Text(environment("OTEL_EXPORTER_OTLP_ENDPOINT"));

    /// <summary>Share of operations that are recorded, 0 to 1.</summary>
    public static double Ratio(Func<string, string?> environment)
    {
        var name = Text(environment("OTEL_TRACES_SAMPLER"));
        return name switch
        {
            "always_off" or "parentbased_always_off" => 0,
            "traceidratio" or "parentbased_traceidratio" when Text(environment("OTEL_TRACES_SAMPLER_ARG")) is { } part => double.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture),
            _ => 1,
        };
    }

    /// <summary>One sentence per unusable value, with the variable and the fix. Empty if tracing is off.</summary>
    public static IEnumerable<string> Problems(Func<string, string?> environment)
    {
        if (!IsOn(environment))
        {
            yield break;
        }

        foreach (var name in new[] { "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" })
        {
            // The value is not repeated, because it can contain a secret.
            if (Text(environment(name)) is not { } endpoint)
            {
                continue;
            }

            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Port < 1)
            {
                yield return $"{name} is not a URL that starts with http:// or https://: set one such as http://collector:4317";
            }
            else if (url.UserInfo.Length > 0 || url.Query.Length > 0)
            {
                yield return $"{name} contains a user or a query: set a URL without secrets, because media nodes get it in namespaces of tenants";
            }
        }

        if (Text(environment("OTEL_EXPORTER_OTLP_PROTOCOL")) is { } protocol && protocol is not ("grpc" or "http/protobuf"))
        {
            yield return $"OTEL_EXPORTER_OTLP_PROTOCOL is \"{protocol}\": set grpc or http/protobuf";
        }

        if (Text(environment("OTEL_TRACES_SAMPLER")) is { } sampler && !Samplers.Contains(sampler))
        {
            yield return $"OTEL_TRACES_SAMPLER is \"{sampler}\": set one of {string.Join(", ", Samplers)}";
        }

        if (Text(environment("OTEL_TRACES_SAMPLER_ARG")) is { } ratio && !(double.TryParse(ratio, NumberStyles.Float, CultureInfo.InvariantCulture, out var part) && part is >= 0 and <= 1))
        {
            yield return $"OTEL_TRACES_SAMPLER_ARG is \"{ratio}\": set a number from 0 to 1";
        }

        if (Text(environment("OTEL_EXPORTER_OTLP_TIMEOUT")) is { } timeout && !(int.TryParse(timeout, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0))
        {
            yield return $"OTEL_EXPORTER_OTLP_TIMEOUT is \"{timeout}\": set a number of milliseconds above 0";
        }

        if (Text(environment("OTEL_EXPORTER_OTLP_HEADERS")) is { } headers && headers.Split(',').Any(header => header.IndexOf('=', StringComparison.Ordinal) < 1))
        {
            yield return "OTEL_EXPORTER_OTLP_HEADERS is not a comma-separated list of name=value: set one such as authorization=…";
        }
    }

    private static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    private static bool Is(string? value, string expected) => string.Equals(value?.Trim(), expected, StringComparison.OrdinalIgnoreCase);
}
