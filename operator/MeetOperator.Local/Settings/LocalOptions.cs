using System.Globalization;
using System.Net;

namespace MeetOperator.Local.Settings;

/// <summary>Settings of one embedded installation. <see cref="Parse"/> reads them from the command line and the environment.</summary>
internal sealed record LocalOptions
{
    /// <summary>Directory for all data: API objects, keys, database, logs, kubeconfig.</summary>
    public required string Home { get; init; }

    /// <summary>Port of the pages and the REST API.</summary>
    public required int Port { get; init; }

    /// <summary>Directory with the programs (operator, signaling, media-node), the pages (web) and the CRDs (crds).</summary>
    public required string Programs { get; init; }

    /// <summary>Address that the pages are served on. Browsers allow camera access over plain HTTP only on localhost, which is the default.</summary>
    public string Listen { get; init; } = "127.0.0.1";

    /// <summary>Addresses that clients send media to.</summary>
    public IReadOnlyList<string> AdvertisedAddresses { get; init; } = ["127.0.0.1"];

    /// <summary>Path of coturn's turnserver, with which the relay (TURN) runs; null if it is not installed, and there is no relay.</summary>
    public string? TurnServer { get; init; }

    /// <summary>MEET_DIRECT_DELAY_SECONDS, which signaling gets. Null: its default.</summary>
    public string? DirectDelaySeconds { get; init; }

    /// <summary>The environment variables OTEL_*, which operator and signaling get too. Not those that name the service, because each process has its own name, and not the headers, because they can contain a secret.</summary>
    public IReadOnlyDictionary<string, string> Tracing { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads <c>--home</c>, <c>--port</c> and <c>--programs</c>, and MEET_LISTEN, MEET_ADVERTISE, MEET_DIRECT_DELAY_SECONDS and OTEL_*.</summary>
    /// <exception cref="LocalException">A value is missing or invalid.</exception>
    public static LocalOptions Parse(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, Func<IPAddress?> firstAddress, Func<bool>? hasIPv6Loopback = null)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (arguments[i] is not ("--home" or "--port" or "--programs"))
            {
                throw new LocalException($"unknown argument '{arguments[i]}': use --home, --port and --programs");
            }

            values[arguments[i]] = i + 1 < arguments.Count ? arguments[i + 1] : throw new LocalException($"{arguments[i]} requires a value");
        }

        string Required(string name) => values.TryGetValue(name, out var value) ? value : throw new LocalException($"{name} is missing");
        if (!int.TryParse(Required("--port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1024 or > 65535)
        {
            throw new LocalException($"--port must be a number from 1024 to 65535, not '{Required("--port")}'");
        }

        foreach (var problem in TraceSettings.Problems(name => environment.GetValueOrDefault(name)))
        {
            throw new LocalException($"{problem}; or unset OTEL_EXPORTER_OTLP_ENDPOINT to start without tracing");
        }

        return new LocalOptions
        {
            Home = Path.GetFullPath(Required("--home")),
            Port = port,
            Programs = Path.GetFullPath(Required("--programs")),
            Listen = environment.TryGetValue("MEET_LISTEN", out var listen) && listen.Length > 0 ? Address("MEET_LISTEN", listen) : "127.0.0.1",
            AdvertisedAddresses = environment.TryGetValue("MEET_ADVERTISE", out var advertise) && advertise.Length > 0
                ? [.. advertise.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(a => Address("MEET_ADVERTISE", a))]
                : [.. Defaults(firstAddress(), hasIPv6Loopback?.Invoke() == true)],
            TurnServer = InstalledPrograms.Find("turnserver", environment.GetValueOrDefault("PATH")),
            DirectDelaySeconds = environment.TryGetValue("MEET_DIRECT_DELAY_SECONDS", out var delay) && delay.Length > 0 ? Seconds("MEET_DIRECT_DELAY_SECONDS", delay) : null,
            Tracing = environment
                .Where(variable => variable.Key.StartsWith("OTEL_", StringComparison.Ordinal) && variable.Key is not ("OTEL_SERVICE_NAME" or "OTEL_RESOURCE_ATTRIBUTES" or "OTEL_EXPORTER_OTLP_HEADERS" or "OTEL_EXPORTER_OTLP_TRACES_HEADERS") && variable.Value.Length > 0)
                .ToDictionary(StringComparer.Ordinal),
        };
    }

    private static IEnumerable<string> Defaults(IPAddress? first, bool hasIPv6Loopback)
    {
        yield return "127.0.0.1";
        if (first is not null)
        {
            yield return first.ToString();
        }

        if (hasIPv6Loopback)
        {
            yield return "::1";
        }
    }

    private static string Seconds(string variable, string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 3600
        ? value
        : throw new LocalException($"{variable}: '{value}' must be an integer from 0 to 3600 (seconds)");

    private static string Address(string variable, string value) =>
        IPAddress.TryParse(value, out var address) ? address.ToString() : throw new LocalException($"{variable}: '{value}' is not an IP address");
}
