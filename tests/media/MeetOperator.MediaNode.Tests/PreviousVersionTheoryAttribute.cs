using System.Diagnostics;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A test that needs the media node of an earlier version, which is built from the Git history. Skipped where the sources have no history.</summary>
internal sealed class PreviousVersionTheoryAttribute : TheoryAttribute
{
    public PreviousVersionTheoryAttribute()
    {
        if (!HasHistory.Value)
        {
            Skip = $"the Git history does not contain the commit in {PreviousVersion.CommitFile}";
        }
    }

    private static readonly Lazy<bool> HasHistory = new(() =>
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", Repository.Root, "cat-file", "-e", File.ReadAllText(PreviousVersion.CommitFile).Trim()]) { RedirectStandardError = true })!;
        git.WaitForExit();
        return git.ExitCode == 0;
    });
}
