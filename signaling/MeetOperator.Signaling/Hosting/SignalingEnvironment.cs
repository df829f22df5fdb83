using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Keys;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Hosting;

/// <summary>Reads <see cref="SignalingOptions"/> from environment variables, and reports all errors at once.</summary>
internal static class SignalingEnvironment
{
    public static bool TryRead(
        Func<string, string?> variable, TimeProvider time, [NotNullWhen(true)] out SignalingOptions? options, out IReadOnlyList<string> errors)
    {
        var found = new List<string>();
        string? Value(string name) => string.IsNullOrWhiteSpace(variable(name)) ? null : variable(name);

        T? Try<T>(Func<T> read)
        {
            try
            {
                return read();
            }
            catch (ArgumentException e)
            {
                found.Add(e.Message);
                return default;
            }
        }

        string Required(string name, string meaning) => Value(name) ?? throw new ArgumentException($"{name} is not set: {meaning}.");

        var address = Value("MEET_HTTP_ADDRESS") ?? "0.0.0.0:8080";
        Try(() => SignalingHost.ParseAddress(address, "MEET_HTTP_ADDRESS"));
        var metrics = Value("MEET_METRICS_ADDRESS") ?? "0.0.0.0:8081";
        Try(() => SignalingHost.ParseAddress(metrics, "MEET_METRICS_ADDRESS"));
        var database = Try(() => CheckDatabase(Required("MEET_DATABASE", "use sqlite:<path> or a PostgreSQL connection string")));
        var redis = Try(() => CheckRedis(Value("MEET_REDIS")));
        var signingKeys = Try(() => ReadKeys(Required("MEET_SIGNING_KEY_FILE", "use the path of the file with the keys that sign tickets and host tokens"), time));
        var publicUrl = Try(() => ParsePublicUrl(Value("MEET_PUBLIC_URL")));
        var drain = Try(() => ParseDrain(Value("MEET_DRAIN_SECONDS")));
        var directDelay = Try(() => ParseDirectDelay(Value("MEET_DIRECT_DELAY_SECONDS")));
        var retention = Try(() => ParseRetention(Value("MEET_ROW_RETENTION_DAYS")));
        var proxies = Try(() => ParseProxies(Value("MEET_TRUSTED_PROXIES")));
        var webRoot = Value("MEET_WEB_ROOT");
        if (webRoot is not null && !Directory.Exists(webRoot))
        {
            found.Add($"MEET_WEB_ROOT: the folder {webRoot} does not exist.");
        }

        found.AddRange(TraceSettings.Problems(variable));
        errors = found;
        options = found.Count > 0 ? null : new SignalingOptions
        {
            HttpAddress = address,
            MetricsAddress = metrics,
            PublicUrl = publicUrl,
            Database = database!,
            Redis = redis,
            WebRoot = webRoot,
            LocalTenant = Value("MEET_LOCAL_TENANT"),
            Drain = drain,
            RowRetention = retention,
            Timings = new SignalingTimings { DirectDelay = directDelay },
            TrustedProxies = proxies!,
            ControlSecret = Value("MEET_CONTROL_CERTIFICATE") ?? "meet-control-signaling",
            TurnSecret = Value("MEET_TURN_SECRET") ?? "meet-turn",
            SigningKeys = signingKeys!,
            Namespace = Value("POD_NAMESPACE") ?? "meet-system",
            ReplicaId = Value("POD_NAME") is { } pod ? $"{pod}-{Guid.NewGuid():N}" : Guid.NewGuid().ToString("N"),
        };
        return options is not null;
    }

    private static SigningKeys ReadKeys(string path, TimeProvider time)
    {
        try
        {
            return SigningKeys.FromFile(path, time);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"MEET_SIGNING_KEY_FILE cannot be read: {e.Message}", e);
        }
    }

    private static string CheckDatabase(string text) => SqlDatabases.Validate(text) is { } rejection
        ? throw new ArgumentException($"MEET_DATABASE is neither sqlite:<path> nor a PostgreSQL connection string such as Host=db;Database=meet;Username=meet: {rejection}")
        : text;

    private static string? CheckRedis(string? text) => text is not null && RedisMeetingBus.Validate(text) is { } rejection
        ? throw new ArgumentException($"MEET_REDIS is not a Redis configuration such as redis:6379,password=...: {rejection}")
        : text;

    private static TimeSpan ParseDrain(string? text) => text is null
        ? TimeSpan.Zero
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 300
            ? TimeSpan.FromSeconds(seconds)
            : throw new ArgumentException($"MEET_DRAIN_SECONDS: '{text}' must be an integer from 0 to 300 (seconds).");

    private static TimeSpan ParseDirectDelay(string? text) => text is null
        ? new SignalingTimings().DirectDelay
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw new ArgumentException($"MEET_DIRECT_DELAY_SECONDS: '{text}' must be an integer from 0 to 3600 (seconds).");

    private static TimeSpan? ParseRetention(string? text) => text is null
        ? TimeSpan.FromDays(90)
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= 36_500
            ? days == 0 ? null : TimeSpan.FromDays(days)
            : throw new ArgumentException($"MEET_ROW_RETENTION_DAYS: '{text}' must be an integer from 0 to 36500 (days). 0 keeps rows forever.");

    private static System.Net.IPNetwork[] ParseProxies(string? text) => [.. (text ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(part => System.Net.IPNetwork.TryParse(part, out var network)
            ? network
            : throw new ArgumentException($"MEET_TRUSTED_PROXIES: '{part}' is not a network such as 10.0.0.0/8."))];

    private static Uri? ParsePublicUrl(string? text) => text is null
        ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.PathAndQuery == "/"
            ? url
            : throw new ArgumentException($"MEET_PUBLIC_URL: '{text}' must be http(s)://host[:port] without a path.");
}
