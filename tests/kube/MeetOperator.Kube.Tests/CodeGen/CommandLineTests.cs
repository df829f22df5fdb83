using MeetOperator.Kube.CodeGen;
using MeetOperator.Kube.CodeGen.Output;

namespace MeetOperator.Kube.Tests.CodeGen;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("codegen").FullName;
    private readonly string _assembly = typeof(Everything).Assembly.Location;
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Compare_Folder_ShowsDriftUntilWritten()
    {
        GeneratedFolder.Write(_folder, new Dictionary<string, string> { ["a.yaml"] = GeneratedFolder.Header + "kind: A\nname: a\n" });
        var wanted = new Dictionary<string, string> { ["a.yaml"] = GeneratedFolder.Header + "kind: A\nname: b\n", ["b.yaml"] = GeneratedFolder.Header };

        var differences = GeneratedFolder.Compare(_folder, wanted);
        Assert.Contains("-name: a\n+name: b\n", differences);
        Assert.Contains("b.yaml (expected)", differences);
        GeneratedFolder.Write(_folder, wanted);
        Assert.Equal(string.Empty, GeneratedFolder.Compare(_folder, wanted));
    }

    [Fact]
    public void Write_StaleFile_IsRemovedAndOthersStay()
    {
        GeneratedFolder.Write(_folder, new Dictionary<string, string> { ["old.yaml"] = GeneratedFolder.Header + "x: 1\n" });
        File.WriteAllText(Path.Combine(_folder, "mine.yaml"), "by: hand\n");
        var wanted = new Dictionary<string, string> { ["new.yaml"] = GeneratedFolder.Header };

        Assert.Contains("-x: 1", GeneratedFolder.Compare(_folder, wanted));
        Assert.Equal(["new.yaml", "old.yaml"], GeneratedFolder.Write(_folder, wanted).Select(Path.GetFileName));
        Assert.Equal(["mine.yaml", "new.yaml"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Run_InvalidTypes_ReturnsTwoWithReason()
    {
        Assert.Equal(2, Run("crds", "--assembly", _assembly, "--out", _folder));
        Assert.Contains("AlsoLeast and Least both define", _errors.ToString());
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Run_Rbac_WritesAndChecksRoles()
    {
        Assert.Equal(0, Run("rbac", "--assembly", _assembly, "--out", _folder, "--name-prefix", "p-"));
        var file = Path.Combine(_folder, "tester.clusterrole.yaml");
        Assert.Contains("name: p-tester", File.ReadAllText(file));
        Assert.Contains(": changed ", _output.ToString());
        Assert.Contains("tester.clusterrole.yaml", _output.ToString());
        Assert.Equal(0, Run("rbac", "--assembly", _assembly, "--out", _folder, "--name-prefix", "p-"));
        Assert.EndsWith(": no changes\n", _output.ToString());
        Assert.Equal(0, Run("rbac", "--assembly", _assembly, "--out", _folder, "--name-prefix", "p-", "--check"));

        File.WriteAllText(file, File.ReadAllText(file).Replace("- get", "- delete"));
        Assert.Equal(1, Run("rbac", "--assembly", _assembly, "--out", _folder, "--name-prefix", "p-", "--check"));
        Assert.Contains("-  - delete\n+  - get\n", _output.ToString());
    }

    [Theory]
    [InlineData("Unknown command \"crd\"", "crd", "--assembly", "x", "--out", "y")]
    [InlineData("x.dll does not exist", "crds", "--assembly", "x.dll", "--out", "y")]
    [InlineData("--assembly and --out are required", "crds", "--out", "y")]
    [InlineData("--out needs a value", "crds", "--out")]
    [InlineData("Unknown option \"--force\"", "crds", "--force", "y")]
    public void Run_InvalidArguments_ReturnsTwoWithReason(string expected, params string[] arguments)
    {
        Assert.Equal(2, Run(arguments));
        Assert.Contains(expected, _errors.ToString());
    }

    [Fact]
    public void Run_Help_ShowsBothCommands()
    {
        Assert.Equal(0, Run("--help"));
        Assert.Contains("crds --assembly", _output.ToString());
        Assert.Contains("rbac --assembly", _output.ToString());
    }

    private int Run(params string[] arguments) => CommandLine.Run(arguments, _output, _errors);
}
