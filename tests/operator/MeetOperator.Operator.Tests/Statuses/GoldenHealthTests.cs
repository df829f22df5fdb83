using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Statuses;

/// <summary>
/// Objects of every kind in every phase, as the operator writes them: <c>tests/golden/health</c>. tests/chart/health.test.mjs checks how GitOps tools interpret them.
/// With MEET_UPDATE_GOLDEN=1, the test writes the files.
/// </summary>
public sealed class GoldenHealthTests
{
    public static TheoryData<string> Names => [.. HealthObjects.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Build_EveryPhase_ReturnsExpectedObject(string name)
    {
        var path = Repository.Golden(["health", .. $"{name}.yaml".Split('/')]);
        var built = Yaml.Write(HealthObjects.All[name]());
        if (Environment.GetEnvironmentVariable("MEET_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, built);
        }

        Assert.Equal(File.ReadAllText(path), built);
    }

    [Fact]
    public void Golden_EveryPhaseAndState_HasObject()
    {
        var phases = HealthObjects.All.Values.Select(build => build()).OfType<Meeting>().Select(meeting => meeting.Status!.Phase);
        var states = HealthObjects.All.Values.Select(build => build()).OfType<SfuNode>().Select(node => node.Status!.State);

        Assert.Empty(Enum.GetValues<MeetingPhase>().Cast<MeetingPhase?>().Except(phases));
        Assert.Empty(Enum.GetValues<SfuNodeState>().Cast<SfuNodeState?>().Except(states));
    }

    [Fact]
    public void Golden_Directory_ContainsOnlyKnownCases() => Assert.Equal(
        HealthObjects.All.Keys.Order(StringComparer.Ordinal),
        Directory.GetFiles(Repository.Golden("health"), "*.yaml", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "results.yaml")
            .Select(file => Path.GetRelativePath(Repository.Golden("health"), file).Replace(".yaml", string.Empty, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));
}
