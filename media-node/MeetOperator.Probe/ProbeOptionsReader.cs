using System.Globalization;

namespace MeetOperator.Probe;

/// <summary>Reads <see cref="ProbeOptions"/> from arguments and the environment; every mistake is named.</summary>
internal static class ProbeOptionsReader
{
    public const string UrlVariable = "MEET_PROBE_URL";
    public const string KeyVariable = "MEET_API_KEY";

    public const string Usage = """
        MeetOperator.Probe --url URL [--api-key KEY] [--seconds N] [--timeout N]
          makes a meeting, publishes generated sound and pictures by WHIP, plays them by WHEP, and counts what arrives
          --url URL       where signaling answers, for example http://meet-signaling (or MEET_PROBE_URL)
          --api-key KEY   the tenant's API key (or MEET_API_KEY); not needed where local callers may create meetings
          --seconds N     how long media is sent, 1 to 600 (default 5)
          --timeout N     seconds after which it gives up if the call has not come about, 1 to 3600 (default 60)
        exit code: 0 media came through, 1 it did not (the last line says why), 2 wrong arguments
        """;

    /// <summary>The options, or null with what has to be put right.</summary>
    public static ProbeOptions? Read(IReadOnlyList<string> arguments, Func<string, string?> variable, out string error)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (arguments[i] is not ("--url" or "--api-key" or "--seconds" or "--timeout"))
            {
                error = $"'{arguments[i]}' is unknown; expected --url, --api-key, --seconds or --timeout.";
                return null;
            }

            if (i + 1 == arguments.Count)
            {
                error = $"{arguments[i]} has no value.";
                return null;
            }

            given[arguments[i]] = arguments[i + 1];
        }

        var text = given.GetValueOrDefault("--url") ?? variable(UrlVariable);
        if (!Uri.TryCreate(text?.TrimEnd('/') + "/", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            error = $"--url (or {UrlVariable}) is '{text}': expected where signaling answers, for example http://meet-signaling.";
            return null;
        }

        if (!TrySeconds(given, "--seconds", 5, 600, out var talk, out error) || !TrySeconds(given, "--timeout", 60, 3600, out var timeout, out error))
        {
            return null;
        }

        var key = given.GetValueOrDefault("--api-key") ?? variable(KeyVariable);
        return new ProbeOptions { Url = url, ApiKey = string.IsNullOrEmpty(key) ? null : key, Talk = talk, Timeout = timeout };
    }

    private static bool TrySeconds(Dictionary<string, string> given, string name, int usual, int most, out TimeSpan value, out string error)
    {
        error = "";
        value = TimeSpan.FromSeconds(usual);
        if (given.TryGetValue(name, out var text))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds < 1 || seconds > most)
            {
                error = $"{name} is '{text}': expected seconds from 1 to {most}.";
                return false;
            }

            value = TimeSpan.FromSeconds(seconds);
        }

        return true;
    }
}
