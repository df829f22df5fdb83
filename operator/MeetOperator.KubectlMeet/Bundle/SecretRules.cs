using System.Text.RegularExpressions;

namespace MeetOperator.KubectlMeet.Bundle;

/// <summary>
/// Removes secrets and personal data from text, such as log lines and messages: tokens, keys, passwords, TURN and ICE credentials, e-mail addresses, and the IDs of meetings,
/// which let anyone join. Pure. Every expression takes linear time.
/// </summary>
internal static partial class SecretRules
{
    public const string Removed = "(removed)";

    /// <summary>What the name of a secret contains.</summary>
    private const string Secrets =
        "password|passwd|pwd|secret|token|credential|apikey|api[_-]key|private[_-]?key|signing[_-]?key|access[_-]?key|[_-]key|[_-]pass|authorization|cookie|ticket|passphrase";

    public static string Clean(string text)
    {
        text = Pem().Replace(text, Removed);
        text = UrlUser().Replace(text, $"$1{Removed}@");
        text = Scheme().Replace(text, $"$1 {Removed}");
        text = QuotedAssignment().Replace(text, $"$1{Removed}");
        text = Assignment().Replace(text, $"$1{Removed}");
        text = Ice().Replace(text, $"$1{Removed}");
        text = SdesKey().Replace(text, $"$1{Removed}");
        text = TurnUser().Replace(text, Removed);
        text = Email().Replace(text, Removed);
        text = Redaction.Redact(text);
        return Opaque().Replace(text, match => IsOpaque(match.Value) ? Removed : match.Value);
    }

    /// <summary>Whether a field or variable of this name holds a secret or personal data. Names of fields that only refer to a Secret are not among them.</summary>
    public static bool IsSensitiveName(string name) => SensitiveName().IsMatch(name) && !Reference().IsMatch(name);

    /// <summary>Long random words: hexadecimal ones, and those that mix capitals, small letters and digits. Digests of images are no secrets.</summary>
    private static bool IsOpaque(string word) =>
        word.All(char.IsAsciiHexDigit) || (word.Any(char.IsAsciiLetterUpper) && word.Any(char.IsAsciiLetterLower) && word.Any(char.IsAsciiDigit) && !word.Contains('/', StringComparison.Ordinal));

    [GeneratedRegex(@"-----BEGIN [^-]+-----[\s\S]*?(-----END [^-]+-----|\z)")]
    private static partial Regex Pem();

    /// <summary>User and password in a URL, also a password with characters that should be encoded.</summary>
    [GeneratedRegex(@"(\b[a-z][a-z0-9+.-]*://)[^\s""'<>]*@", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex UrlUser();

    [GeneratedRegex(@"\b(Bearer|Basic|Digest|Negotiate)\s+[^\s,""']+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Scheme();

    /// <summary>A value after the name of a secret, in JSON, connection strings, command lines, headers, queries and variables.</summary>
    [GeneratedRegex(@"([\w.-]*(?:" + Secrets + @")[\w.-]*\\?[""']?\s*[:=]\s*\\?[""']?|--(?:password|secret|token|key)\s+)[^\s""'\\&;,]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Assignment();

    /// <summary>The same for a value in double quotation marks, which may have spaces and commas.</summary>
    [GeneratedRegex(@"([\w.-]*(?:" + Secrets + @")[\w.-]*\\?""?\s*[:=]\s*\\?"")[^""\\]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex QuotedAssignment();

    /// <summary>Username fragment and password of ICE in SDP (RFC 8839 §5.4), and as fields of JSON.</summary>
    [GeneratedRegex(@"((?:a=)?ice-?(?:pwd|ufrag|password)\\?[""']?\s*[:=]\s*\\?[""']?)[^\s""'\\,;]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Ice();

    /// <summary>Keys of SDP Security Descriptions (RFC 4568).</summary>
    [GeneratedRegex(@"(inline:)[^\s""'\\|]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex SdesKey();

    /// <summary>Temporary user names of TURN servers: the end of their life as a Unix time, then the user.</summary>
    [GeneratedRegex(@"\b\d{10}:[^\s""'\\,;]+", RegexOptions.NonBacktracking)]
    private static partial Regex TurnUser();

    [GeneratedRegex(@"[\w.!#$%&'*+=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", RegexOptions.NonBacktracking)]
    private static partial Regex Email();

    [GeneratedRegex(@"(?<![\w+/=:-])[A-Za-z0-9+/_-]{32,}={0,2}(?![\w+/-])")]
    private static partial Regex Opaque();

    [GeneratedRegex("password|passwd|pwd|pass(?![a-z])|[_-]key$|secret|token|credential|apikey|api[_-]?key|private[_-]?key|signing[_-]?key|control[_-]?key|authorization|cookie|ticket|passphrase|e-?mail|hostsubject|^title$|displayname|joinurl|connection[_-]?string|database|redis|turn", RegexOptions.IgnoreCase)]
    private static partial Regex SensitiveName();

    [GeneratedRegex("(ref|name|names)$|^automountServiceAccountToken$|mount", RegexOptions.IgnoreCase)]
    private static partial Regex Reference();
}
