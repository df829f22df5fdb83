namespace MeetOperator;

/// <summary>The .NET runtime that SECURITY.md asks for. Compiled into each program that serves requests, which say at start when theirs is older.</summary>
internal static class RuntimeFloor
{
    private static readonly Version Least = new(10, 0, 13);

    /// <summary>What is wrong with this runtime; null when nothing is.</summary>
    public static string? Finding(Version runtime) => runtime >= Least ? null
        : $"warning: this runs on .NET {runtime}, which has known vulnerabilities (CVE-2026-88092, CVE-2026-70188): run it on .NET {Least} or newer";
}
