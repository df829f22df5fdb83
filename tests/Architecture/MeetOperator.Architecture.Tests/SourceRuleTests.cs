using System.Text.RegularExpressions;

namespace MeetOperator.Architecture.Tests;

/// <summary>Rules for source text: file sizes, folder names, native calls, ambient state, words of the domain.</summary>
public sealed partial class SourceRuleTests
{
    private static readonly string[] SourcePatterns = ["*.cs", "*.ts", "*.tsx", "*.mjs", "*.sh", "*.css"];
    private static readonly string[] BannedFolders = ["util", "utils", "common", "shared", "helper", "helpers", "misc"];

    private static IEnumerable<string> Sources => SourcePatterns.SelectMany(Repository.Files);

    [Fact]
    public void Files_OfEveryKind_StayUnderTheCeiling()
    {
        var tooLong = Sources
            .Select(f => (Path: Repository.Relative(f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > (IsTest(f.Path) ? 800 : 600))
            .Select(f => $"{f.Path} has {f.Lines} lines: split it by responsibility");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Folders_WithSources_HaveNoCatchAllName() =>
        Assert.Empty(Sources
            .Select(f => Path.GetDirectoryName(Repository.Relative(f))!)
            .Distinct(StringComparer.Ordinal)
            .Where(d => d.Split('/').Any(part => BannedFolders.Contains(part, StringComparer.OrdinalIgnoreCase))));

    [Fact]
    public void NativeCalls_OfTheProduct_AreInNativeOnly() =>
        Assert.Empty(ProductFiles("*.cs")
            .Where(f => !Repository.Relative(f).StartsWith("media-node/MeetOperator.Native/", StringComparison.Ordinal))
            .Where(f => NativeImport().IsMatch(File.ReadAllText(f)))
            .Select(Repository.Relative));

    [Theory]
    [InlineData("media-node/MeetOperator.Rtp")]
    [InlineData("media-node/MeetOperator.Sdp")]
    [InlineData("media-node/MeetOperator.Srtp")]
    [InlineData("media-node/MeetOperator.Relay")]
    [InlineData("media-node/MeetOperator.Rtc")]
    [InlineData("media-node/MeetOperator.Sfu")]
    [InlineData("operator/MeetOperator.Placement")]
    public void SansIoRooms_InCode_UseNoAmbientState(string folder) =>
        Assert.Empty(FilesIn(folder)
            .Where(f => AmbientState().IsMatch(WithoutComments(File.ReadAllText(f))))
            .Select(Repository.Relative));

    [Fact]
    public void Placement_InCode_UsesNoTask() =>
        Assert.Empty(FilesIn("operator/MeetOperator.Placement")
            .Where(f => TaskWord().IsMatch(WithoutComments(File.ReadAllText(f))))
            .Select(Repository.Relative));

    [Fact]
    public void Kube_InSources_ContainsNoMeetingWord() =>
        Assert.Empty(FilesIn("kube")
            .Where(f => MeetingWord().IsMatch(File.ReadAllText(f).Replace("MeetOperator", string.Empty, StringComparison.Ordinal)))
            .Select(Repository.Relative));

    [Fact]
    public void Signaling_InSources_WritesNoStatus() =>
        Assert.Empty(FilesIn("signaling")
            .Where(f => StatusWrite().IsMatch(File.ReadAllText(f)))
            .Select(Repository.Relative));

    [Fact]
    public void Namespaces_InSources_AreFileScopedWithoutRegions() =>
        Assert.Empty(Repository.Files("*.cs")
            .Where(f => !Repository.Relative(f).StartsWith("tests/Architecture/", StringComparison.Ordinal))
            .Where(f => BlockNamespaceOrRegion().IsMatch(File.ReadAllText(f)))
            .Select(Repository.Relative));

    [Fact]
    public void Sources_OfEveryProject_HaveNoTodoOrSuppression() =>
        Assert.Empty(Sources
            .Where(f => !Repository.Relative(f).StartsWith("tests/Architecture/", StringComparison.Ordinal))
            .Where(f => Unfinished().IsMatch(File.ReadAllText(f)))
            .Select(Repository.Relative));

    [Fact]
    public void Rooms_AtTheTop_HaveAReadme() =>
        Assert.Empty(new[] { "kube", "crds", "operator", "signaling", "media-node", "web", "infra", "tools", "tests" }
            .Where(room => !File.Exists(Path.Combine(Repository.Root, room, "README.md"))));

    /// <summary>The tools of the dev container are those that continuous integration uses.</summary>
    [Fact]
    public void DevContainer_Tools_HaveVersionsOfContinuousIntegration()
    {
        var container = File.ReadAllText(Path.Combine(Repository.Root, ".devcontainer", "Dockerfile"));
        var workflow = File.ReadAllText(Path.Combine(Repository.Root, ".github", "workflows", "ci.yaml"));

        Assert.Contains($"version: v{Version("KUBECTL")}", workflow, StringComparison.Ordinal);
        Assert.Contains($"node-version: {Version("NODE").Split('.')[0]}", workflow, StringComparison.Ordinal);
        Assert.Contains($"dotnet-version: {string.Join('.', Version("DOTNET").Split('.')[..2])}.x", workflow, StringComparison.Ordinal);

        string Version(string tool) => Regex.Match(container, $@"^ARG {tool}_VERSION=(\S+)$", RegexOptions.Multiline).Groups[1].Value;
    }

    [Fact]
    public void TestMethods_InSources_AreNamedByMethodConditionResult()
    {
        var names = Repository.Files("*.cs").Where(f => IsTest(Repository.Relative(f))).SelectMany(f => TestMethod().Matches(File.ReadAllText(f))).Select(found => found.Groups[1].Value).ToList();
        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, name => name.Length > 80 || !ThreeParts().IsMatch(name));
    }

    private static IEnumerable<string> ProductFiles(string pattern) =>
        Repository.Files(pattern).Where(f => !IsTest(Repository.Relative(f)));

    private static IEnumerable<string> FilesIn(string folder) =>
        Repository.Files("*.cs").Where(f => Repository.Relative(f).StartsWith(folder + "/", StringComparison.Ordinal));

    private static bool IsTest(string path) =>
        path.StartsWith("tests/", StringComparison.Ordinal) || path.Contains(".test.", StringComparison.Ordinal);

    private static string WithoutComments(string source) => Comment().Replace(source, string.Empty);

    [GeneratedRegex(@"\[(DllImport|LibraryImport)\b")]
    private static partial Regex NativeImport();

    [GeneratedRegex(@"\b(DateTime(Offset)?\.(Utc)?Now|Environment\.TickCount|Stopwatch\.|Random\.Shared|new Random\(\)|new (Socket|UdpClient|TcpClient)\b|new Thread\b|Thread\.|System\.Threading\.Timer|Task\.Run)")]
    private static partial Regex AmbientState();

    [GeneratedRegex(@"\bTask\b")]
    private static partial Regex TaskWord();

    [GeneratedRegex(@"(?i)\b(meeting|sfu|tenant|participant|webrtc)s?\b")]
    private static partial Regex MeetingWord();

    [GeneratedRegex(@"(ReplaceStatusAsync|subresource:\s*""status"")")]
    private static partial Regex StatusWrite();

    [GeneratedRegex(@"(?m)^(namespace [\w.]+\s*\r?\n?\{|\s*#region)")]
    private static partial Regex BlockNamespaceOrRegion();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|#pragma warning disable|\[(Fact|Theory)\(Skip|catch\s*(\(Exception[^)]*\))?\s*\{\s*\}")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^\n]*\]\s*(?:\[[^\n]*\]\s*|//[^\n]*\s*)*public (?:async )?[\w<>]+ (\w+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*_[A-Z0-9][A-Za-z0-9]*_[A-Z][A-Za-z0-9]*$")]
    private static partial Regex ThreeParts();

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();
}
