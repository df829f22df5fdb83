namespace MeetOperator.Architecture.Tests;

/// <summary>Folders of one project form layers: no folder uses another that uses it in turn, directly or through others.</summary>
public sealed class FolderTests
{
    [Fact]
    public void Folders_OfOneProject_FormNoCircle()
    {
        var circles = Repository.Projects.Values
            .Where(project => !project.IsTest)
            .OrderBy(project => project.Name, StringComparer.Ordinal)
            .SelectMany(project => new FolderGraph(SourceCompilation.Shared.UsesOf(project.Name), project.Folder).Circles().Select(circle => $"{project.Name}: {circle.Folders}\n  {string.Join("\n  ", circle.Uses)}"));

        Assert.Empty(circles);
    }
}
