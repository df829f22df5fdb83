using System.Diagnostics;
using System.Text.RegularExpressions;

namespace MeetOperator.Turn.Coturn;

/// <summary>
/// The options that a release of coturn knows, from the text of <c>turnserver -h</c>. Releases differ: 4.6 offers CLI, DTLS and old STUN unless <c>--no-…</c> is there; later ones
/// (4.18) only when asked to, and end when they are given an option that they no longer know. Immutable.
/// </summary>
internal sealed partial class CoturnOptions
{
    private readonly HashSet<string> _names;

    public CoturnOptions(string help) => _names = Name().Matches(help).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);

    /// <summary>
    /// Asks the program, which gets nothing of the environment of this process but the path. Throws what <see cref="Process.Start(ProcessStartInfo)"/> throws where there is no such program.
    /// </summary>
    public static CoturnOptions Of(string server)
    {
        var command = new ProcessStartInfo(server, "-h") { RedirectStandardOutput = true };
        command.Environment.Clear();
        command.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        using var process = Process.Start(command)!;
        return new CoturnOptions(process.StandardOutput.ReadToEnd());
    }

    /// <summary>
    /// What turns a feature off, such as <c>dtls</c>: <c>--no-dtls</c>, or nothing where it is off unless <c>--dtls</c> is there. Throws <see cref="NotSupportedException"/> where the release has
    /// neither, because the feature could be on.
    /// </summary>
    public IEnumerable<string> Without(string feature) =>
        _names.Contains($"--no-{feature}") ? [$"--no-{feature}"]
        : _names.Contains($"--{feature}") ? []
        : throw new NotSupportedException($"this release of coturn has neither --no-{feature} nor --{feature}; 4.6.1 and 4.18.0 are known to work");

    /// <summary>The option, where the release knows it.</summary>
    public IEnumerable<string> IfKnown(string option) => _names.Contains(option) ? [option] : [];

    [GeneratedRegex(@"(?<![\w-])--[a-z][\w-]*", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
