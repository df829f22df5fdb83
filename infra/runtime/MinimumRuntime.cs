namespace MeetOperator;

/// <summary>The minimum .NET runtime of SECURITY.md. Every program that serves requests logs a warning at start when its runtime is older.</summary>
internal static class MinimumRuntime
{
    private static readonly Version Least = new(10, 0, 13);

    /// <summary>A warning about <paramref name="runtime"/>, or null when it is recent enough.</summary>
    public static string? FindWarning(Version runtime) => runtime >= Least ? null
        : $"warning: .NET {runtime} has known vulnerabilities (CVE-2026-88092, CVE-2026-70188); install .NET {Least} or newer";
}
