using System.Globalization;
using System.Text.RegularExpressions;

namespace MeetOperator.Turn.Coturn;

/// <summary>Reads coturn's log: counts allocations and relayed bytes, and selects what may be logged. Thread-safe.</summary>
internal sealed partial class CoturnLog
{
    /// <summary>How the user name of the probe ends. Its allocations do not count.</summary>
    public const string ProbeName = "probe";
    private const string ProbeUser = $":{ProbeName}>";
    private readonly Lock _gate = new();
    private readonly HashSet<string> _allocations = new(StringComparer.Ordinal);
    private long _relayedBytes;

    public int Allocations
    {
        get
        {
            lock (_gate)
            {
                return _allocations.Count;
            }
        }
    }

    public long RelayedBytes => Interlocked.Read(ref _relayedBytes);

    /// <summary>Handles one line. Returns what to log of it, without user names, which contain meetings and participants; null for nothing.</summary>
    public string? Read(string line)
    {
        if (Session().Match(line) is { Success: true } session)
        {
            if (!line.Contains(ProbeUser, StringComparison.Ordinal))
            {
                Count(session.Groups["id"].Value, session.Groups["event"].Value);
            }

            if (session.Groups["event"].Value == "peer usage" && Usage().Match(line) is { Success: true } usage)
            {
                Interlocked.Add(ref _relayedBytes, Bytes(usage, "received") + Bytes(usage, "sent"));
            }

            return null;
        }

        // Refused credentials and peers are what every scan of the internet causes.
        return line.Contains("ERROR", StringComparison.Ordinal) && !line.Contains("check_stun_auth", StringComparison.Ordinal) && !line.Contains("A peer IP", StringComparison.Ordinal)
            ? User().Replace(line[(line.IndexOf("ERROR", StringComparison.Ordinal) + "ERROR: ".Length)..], "<…>")
            : null;
    }

    private static long Bytes(Match usage, string group) => long.Parse(usage.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private void Count(string id, string what)
    {
        lock (_gate)
        {
            if (what == "new")
            {
                _allocations.Add(id);
            }
            else if (what is "closed" or "delete")
            {
                _allocations.Remove(id);
            }
        }
    }

    [GeneratedRegex(@"session (?<id>\d{1,20}): (?<event>new|closed|delete|peer usage|)", RegexOptions.CultureInvariant, 100)]
    private static partial Regex Session();

    [GeneratedRegex(@" rb=(?<received>\d{1,18}), sp=\d{1,18}, sb=(?<sent>\d{1,18})", RegexOptions.CultureInvariant, 100)]
    private static partial Regex Usage();

    [GeneratedRegex("<[^>]*>", RegexOptions.CultureInvariant, 100)]
    private static partial Regex User();
}
