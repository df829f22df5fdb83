namespace MeetOperator.Architecture.Tests;

/// <summary>Folders of one project form layers: no folder uses another that uses it in turn, directly or through others.</summary>
public sealed class FolderTests
{
    /// <summary>Circles that are still to be resolved. An entry that is no longer needed fails the test.</summary>
    private static readonly string[] StillInACircle = [];

    [Fact]
    public void Folders_OfOneProject_FormNoCircle()
    {
        var sources = new SourceCompilation();
        var circles = Repository.Projects.Values
            .Where(project => !Repository.Relative(project.Folder).StartsWith("tests/", StringComparison.Ordinal))
            .OrderBy(project => project.Name, StringComparer.Ordinal)
            .SelectMany(project => new FolderGraph(sources.Of(project.Name), project.Folder).Circles().Select(circle => (Name: $"{project.Name}: {circle.Folders}", circle.Uses)))
            .ToList();

        Assert.Empty(circles.Where(circle => !StillInACircle.Contains(circle.Name)).Select(circle => $"{circle.Name}\n  {string.Join("\n  ", circle.Uses)}"));
        Assert.Empty(StillInACircle.Except(circles.Select(circle => circle.Name)));
    }
}
