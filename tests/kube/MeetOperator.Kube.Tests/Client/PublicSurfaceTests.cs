using System.Reflection;

namespace MeetOperator.Kube.Tests;

/// <summary>What other rooms build on changes only on purpose: a change shows here, in the diff of a reviewed file.</summary>
public sealed class PublicSurfaceTests
{
    [Theory]
    [InlineData("MeetOperator.Kube.Client")]
    [InlineData("MeetOperator.Kube.Runtime")]
    public void Assembly_PublicSurface_MatchesSnapshot(string name) =>
        GoldenFile.Matches($"public-surface/{name}.txt", PublicSurface.Of(Assembly.Load(name)));
}
