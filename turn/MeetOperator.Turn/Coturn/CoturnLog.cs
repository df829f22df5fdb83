using System.Globalization;
using System.Text.RegularExpressions;

namespace MeetOperator.Turn.Coturn;

/// <summary>
/// Reads coturn's log: counts relayed bytes, and the allocations and bytes of tenants, and selects what may be logged. Anyone who reaches the relay can write text to that log, with line
/// feeds, because coturn logs some attributes of requests as they are. So what follows such a record counts for nothing until it cannot be part of it any more. Never throws. Written by one
/// thread; the figures are thread-safe.
/// </summary>
internal sealed partial class CoturnLog(TenantCounts tenants, TimeProvider time)
{
    /// <summary>The longest record: the size of the buffer in which coturn writes one (<c>MAX_RTPPRINTF_BUFFER_SIZE</c>).</summary>
    public const int MaxRecordLength = 1024;

    /// <summary>The beginning of a record of coturn 4.6: seconds since it started.</summary>
    private const string Counter = @"\d{1,10}: : ";

    /// <summary>The beginning of a record of coturn 4.18, before its level.</summary>
    private const string Date = @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4} ";

    private const string Usage = @"peer usage: realm=<[^<>]*>, username=<(?<user>[^<>]*)>, rp=\d{1,9}, rb=(?<received>\d{1,9}), sp=\d{1,9}, sb=(?<sent>\d{1,9})";
    private const string Lifetime = @"realm=<[^<>]*>, username=<(?<user>[^<>]*)>, lifetime=(?<seconds>\d{1,5})";
    private const int ErrorsPerMinute = 10;
    private const int MaxErrorLength = 200;
    private readonly LineBudget _errors = new(ErrorsPerMinute, time);
    private long _relayedBytes;
    private int _foreign;

    /// <summary>Bytes that were relayed, in both directions. A lower bound: lines that cannot be told from text of a client do not count.</summary>
    public long RelayedBytes => Interlocked.Read(ref _relayedBytes);

    /// <summary>Handles one line. Returns what to log of it, without names of users; null for nothing.</summary>
    public string? Read(string line)
    {
        var isForeign = _foreign > 0;
        _foreign = Math.Max(0, _foreign - line.Length - 1);
        if (ClientText().IsMatch(line))
        {
            _foreign = Math.Max(_foreign, MaxRecordLength - line.Length - 1);
            return null;
        }

        if (isForeign)
        {
            return null;
        }

        if (PeerUsage().Match(line) is { Success: true } usage)
        {
            var bytes = Number(usage, "received") + Number(usage, "sent");
            Interlocked.Add(ref _relayedBytes, bytes);
            if (CredentialName.TenantOf(usage.Groups["user"].Value) is { } tenant)
            {
                tenants.Add(tenant, bytes);
            }

            return null;
        }

        if (Kept().Match(line) is { Success: true } kept)
        {
            Keep(kept);
            return null;
        }

        if (Ended().Match(line) is { Success: true } ended)
        {
            tenants.End(ended.Groups["session"].Value);
            return null;
        }

        return Error().Match(line) is { Success: true } error && _errors.TryTake(out var leftOut) ? Describe(error.Groups["text"].Value, leftOut) : null;
    }

    /// <summary>Counts an allocation. A refresh to a lifetime of zero ends it.</summary>
    private void Keep(Match kept)
    {
        var session = kept.Groups["session"].Value;
        if (Number(kept, "seconds") is var seconds and > 0 && CredentialName.TenantOf(kept.Groups["user"].Value) is { } tenant)
        {
            tenants.Keep(session, tenant, TimeSpan.FromSeconds(seconds));
        }
        else
        {
            tenants.End(session);
        }
    }

    private static long Number(Match usage, string group) => long.Parse(usage.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Describe(string text, int leftOut)
    {
        var safe = Unprintable().Replace(User().Replace(text.Length > MaxErrorLength ? text[..MaxErrorLength] : text, "<…>"), " ");
        return leftOut == 0 ? safe : string.Create(CultureInfo.InvariantCulture, $"{safe} ({leftOut} errors before this one were left out)");
    }

    /// <summary>
    /// The records into which coturn 4.6 copies text of a client unchanged, found by sending line feeds in every attribute, and the same ones of 4.18, which replaces line feeds.
    /// </summary>
    [GeneratedRegex($@"\A({Counter}ERROR: (check_stun_auth: wrong (username|realm)|handle_turn_command: Wrong origin format)|{Date}ERROR (\w+: )?(wrong (username|realm)|Wrong origin format)): ", RegexOptions.CultureInvariant)]
    private static partial Regex ClientText();

    /// <summary>coturn reports each 2048 packets, so nine digits are enough for their bytes. 4.6 names the session before the figures, 4.18 after them.</summary>
    [GeneratedRegex($@"\A({Counter}session \d{{18,20}}: {Usage}|{Date}INFO {Usage} \(session \d{{18,20}}\))\z", RegexOptions.CultureInvariant)]
    private static partial Regex PeerUsage();

    /// <summary>An allocation that began or was refreshed.</summary>
    [GeneratedRegex($@"\A({Counter}session (?<session>\d{{18,20}}): (new|refreshed), {Lifetime}|{Date}INFO allocation (new|refreshed), {Lifetime} \(session (?<session>\d{{18,20}})\))\z", RegexOptions.CultureInvariant)]
    private static partial Regex Kept();

    /// <summary>An allocation that ended with its session, for example because it was not refreshed.</summary>
    [GeneratedRegex($@"\A({Counter}session (?<session>\d{{18,20}}): delete: |{Date}INFO allocation delete: .*\(session (?<session>\d{{18,20}})\)\z)", RegexOptions.CultureInvariant)]
    private static partial Regex Ended();

    /// <summary>Refused credentials and peers are what every scan of the internet causes.</summary>
    [GeneratedRegex($@"\A({Counter}ERROR: (?!check_stun_auth|A peer IP)|{Date}ERROR (?!(\w+: )?(credentials of user|user \S* credentials|cannot find credentials|A peer IP)))(?<text>.+)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Error();

    [GeneratedRegex("<[^>]*>?", RegexOptions.CultureInvariant)]
    private static partial Regex User();

    [GeneratedRegex("[^ -~…]", RegexOptions.CultureInvariant)]
    private static partial Regex Unprintable();
}
