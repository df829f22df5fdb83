using System.Globalization;

namespace MeetOperator.Probe;

/// <summary>Reads <see cref="ProbeOptions"/> from command-line arguments and environment variables.</summary>
internal static class ProbeOptionsReader
{
    public const string UrlVariable = "MEET_PROBE_URL";
    public const string KeyVariable = "MEET_API_KEY";

    public const string Usage = """
        MeetOperator.Probe --url URL [--api-key KEY] [--seconds N] [--timeout N]
          creates a meeting, publishes generated audio and video with WHIP, plays them with WHEP, and counts the packets that arrive
          --url URL       address of signaling, for example http://meet-signaling (or MEET_PROBE_URL)
          --api-key KEY   API key of a tenant (or MEET_API_KEY); optional when signaling lets local clients create meetings without one
          --seconds N     how long to send media, 1 to 600 seconds (default 5)
          --timeout N     time limit for setting up the call, 1 to 3600 seconds (default 60)
        exit code: 0 media arrived, 1 the call failed (the last line contains the reason), 2 invalid arguments
        """;

    /// <summary>Returns the options, or null and an error message.</summary>
    public static ProbeOptions? Read(IReadOnlyList<string> arguments, Func<string, string?> variable, out string error)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (arguments[i] is not ("--url" or "--api-key" or "--seconds" or "--timeout"))
            {
                error = $"Unknown option '{arguments[i]}'; expected --url, --api-key, --seconds or --timeout.";
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
            error = $"--url (or {UrlVariable}) is '{text}': expected the address of signaling, for example http://meet-signaling.";
            return null;
        }

        if (!TrySeconds(given, "--seconds", 5, 600, out var duration, out error) || !TrySeconds(given, "--timeout", 60, 3600, out var timeout, out error))
        {
            return null;
        }

        var key = given.GetValueOrDefault("--api-key") ?? variable(KeyVariable);
        return new ProbeOptions { Url = url, ApiKey = string.IsNullOrEmpty(key) ? null : key, Duration = duration, Timeout = timeout };
    }

    private static bool TrySeconds(Dictionary<string, string> given, string name, int fallback, int maximum, out TimeSpan value, out string error)
    {
        error = "";
        value = TimeSpan.FromSeconds(fallback);
        if (given.TryGetValue(name, out var text))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds < 1 || seconds > maximum)
            {
                error = $"{name} is '{text}': expected a number of seconds from 1 to {maximum}.";
                return false;
            }

            value = TimeSpan.FromSeconds(seconds);
        }

        return true;
    }
}
