using System.Text.Json;

namespace MeetOperator.Architecture.Tests;

/// <summary>Dependencies between projects: the table of rooms in docs/architecture.md. Each list has every project that may be referenced, directly or transitively.</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["MeetOperator.Kube.Abstractions"] = [],
        ["MeetOperator.Kube.Client"] = ["Kube.Abstractions"],
        ["MeetOperator.Kube.Runtime"] = ["Kube.Abstractions", "Kube.Client"],
        ["MeetOperator.Kube.CodeGen"] = ["Kube.Abstractions"],
        ["MeetOperator.Kube.ApiServer"] = ["Kube.Abstractions"],
        ["MeetOperator.Kube.ProcessRuntime"] = ["Kube.Abstractions", "Kube.Client", "Kube.Runtime"],
        ["MeetOperator.Contracts"] = ["Kube.Abstractions"],
        ["MeetOperator.Placement"] = ["Kube.Abstractions", "Contracts"],
        ["MeetOperator.Operator"] = ["Kube.Abstractions", "Kube.Client", "Kube.Runtime", "Contracts", "Placement", "NodeControl", "TurnControl", "Stun"],
        ["MeetOperator.KubectlMeet"] = ["Kube.Abstractions", "Kube.Client", "Contracts", "Placement", "Stun"],
        ["MeetOperator.Local"] =
        [
            "Kube.Abstractions", "Kube.Client", "Kube.Runtime", "Kube.ApiServer", "Kube.ProcessRuntime", "Contracts", "Placement", "NodeControl", "TurnControl", "Stun", "Operator",
        ],
        ["MeetOperator.Signaling.Protocol"] = [],
        ["MeetOperator.Signaling.Data"] = [],
        ["MeetOperator.Signaling"] =
        [
            "Kube.Abstractions", "Kube.Client", "Kube.Runtime", "Contracts", "NodeControl", "Signaling.Protocol", "Signaling.Data",
        ],
        ["MeetOperator.NodeControl"] = [],
        ["MeetOperator.Rtp"] = [],
        ["MeetOperator.Sdp"] = [],
        ["MeetOperator.Native"] = [],
        ["MeetOperator.Srtp"] = ["Rtp", "Native"],
        ["MeetOperator.Rtc"] = ["Rtp", "Sdp", "Native", "Srtp"],
        ["MeetOperator.Relay"] = ["Rtp", "Native", "Srtp"],
        ["MeetOperator.Sfu"] = ["Rtp"],
        ["MeetOperator.Probe"] = ["Rtp", "Sdp", "Native", "Srtp", "Rtc"],
        ["MeetOperator.MediaNode"] = ["Rtp", "Sdp", "Native", "Srtp", "Rtc", "Sfu", "Relay", "NodeControl"],

        ["MeetOperator.Stun"] = [],
        ["MeetOperator.TurnControl"] = ["NodeControl"],
        ["MeetOperator.Turn"] = ["NodeControl", "TurnControl", "Stun"],

        // These rooms have no code yet. Media will reach them over relay links, so they need no peer connections, no forwarding and no cluster.
        ["MeetOperator.Recorder"] = ["Rtp", "Native", "Srtp", "Relay", "NodeControl"],
        ["MeetOperator.AiWorker"] = ["Rtp", "Native", "Srtp", "Relay", "NodeControl"],
    };

    public static TheoryData<string> ProductProjects =>
        [.. Repository.Projects.Values.Where(p => !p.IsTest).Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(ProductProjects))]
    public void References_OfProject_StayWithinTheTable(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed), $"{project} is not in the table: add it to docs/architecture.md and here.");
        var forbidden = Repository.TransitiveReferences(project).Except(allowed.Select(a => $"MeetOperator.{a}"), StringComparer.Ordinal);
        Assert.Empty(forbidden);
    }

    [Theory]
    [InlineData("MeetOperator.Kube.Abstractions")]
    [InlineData("MeetOperator.NodeControl")]
    [InlineData("MeetOperator.Rtp")]
    [InlineData("MeetOperator.Sdp")]
    [InlineData("MeetOperator.Native")]
    [InlineData("MeetOperator.Srtp")]
    [InlineData("MeetOperator.Relay")]
    [InlineData("MeetOperator.Rtc")]
    [InlineData("MeetOperator.Sfu")]
    [InlineData("MeetOperator.Placement")]
    [InlineData("MeetOperator.Contracts")]
    [InlineData("MeetOperator.Stun")]
    [InlineData("MeetOperator.Signaling.Protocol")]
    public void Packages_OfCoreProject_AreNone(string project) => Assert.Empty(Repository.Projects[project].Packages);

    /// <summary>Every restore reports packages with known vulnerabilities, transitive ones included.</summary>
    [Fact]
    public void NuGetAudit_OfEveryProject_IsOn()
    {
        var properties = File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.props"));
        Assert.Contains("<NuGetAudit>true</NuGetAudit>", properties, StringComparison.Ordinal);
        Assert.Contains("<NuGetAuditMode>all</NuGetAuditMode>", properties, StringComparison.Ordinal);
        Assert.DoesNotContain(Repository.Files("*.csproj"), project => File.ReadAllText(project).Contains("NuGetAudit", StringComparison.Ordinal));
    }

    /// <summary>A lock file fixes the bytes of a package, not the server that they come from: package sources are configured on each machine.</summary>
    [Fact]
    public void LockFiles_OfEveryProject_ListItsPackagesAndNoServer()
    {
        foreach (var project in Repository.Projects.Values)
        {
            var file = Path.Combine(project.Folder, "packages.lock.json");
            Assert.True(File.Exists(file), $"{project.Name} has no lock file: run `dotnet restore` and commit the file.");
            var text = File.ReadAllText(file);
            Assert.DoesNotContain("://", text, StringComparison.Ordinal);
            using var json = JsonDocument.Parse(text);
            var locked = json.RootElement.GetProperty("dependencies").GetProperty("net10.0").EnumerateObject()
                .Where(package => package.Value.GetProperty("type").GetString() == "Direct" && package.Value.TryGetProperty("contentHash", out _))
                .Select(package => package.Name);
            Assert.Empty(project.Packages.Except(locked, StringComparer.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void References_OfProductProjects_ContainNoTestProject()
    {
        var tests = Repository.Projects.Values
            .Where(p => p.IsTest)
            .Select(p => p.Name)
            .ToHashSet(StringComparer.Ordinal);
        Assert.Empty(Allowed.Keys.Where(p => Repository.Projects.ContainsKey(p) && Repository.TransitiveReferences(p).Overlaps(tests)));
    }
}
