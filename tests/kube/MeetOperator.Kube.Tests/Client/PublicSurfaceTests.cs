using System.Reflection;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.Client;

/// <summary>Public API changes must be intentional: every change appears in the diff of a reviewed snapshot.</summary>
public sealed class PublicSurfaceTests
{
    [Theory]
    [InlineData("MeetOperator.Kube.Client")]
    [InlineData("MeetOperator.Kube.Runtime")]
    public void Assembly_PublicSurface_MatchesSnapshot(string name) =>
        GoldenFile.Matches($"public-surface/{name}.txt", PublicSurface.Of(Assembly.Load(name)));
}
