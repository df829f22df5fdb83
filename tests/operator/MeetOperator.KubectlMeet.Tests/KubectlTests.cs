using System.Diagnostics;
using MeetOperator.Testing;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>The program itself, as kubectl and shells start it.</summary>
public sealed class KubectlTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    [Fact]
    public async Task Kubectl_PluginOnPath_RunsIt()
    {
        var (code, output, _) = await RunAsync("kubectl", "meet", "top", "meetings", "-n", "meet-globex");

        Assert.Equal((0, "MEETING            PHASE   PEOPLE  PEAK  NODES\nmeet-globex/board  Active  7       7     private-eeeee\n"), (code, output));
    }

    [Fact]
    public async Task Kubectl_ExitCode_IsThatOfThePlugin()
    {
        Assert.Equal(3, (await RunAsync("kubectl", "meet", "status")).Code);
        Assert.Equal(2, (await RunAsync("kubectl", "meet", "statsu")).Code);
    }

    [Fact]
    public async Task Kubectl_CompletionProgramOnPath_CompletesNames()
    {
        var program = Path.Combine(cluster.Folder, "kubectl_complete-meet");
        await File.WriteAllTextAsync(program, (await cluster.RunAsync(["completion", "kubectl"])).Output);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        // On a busy machine, names can take longer than a person would wait for; they would press the key again.
        await Eventually.TrueAsync(async () => (await RunAsync("kubectl", "__complete", "meet", "why", "sta")).Output.StartsWith("standup\n", StringComparison.Ordinal), "the name is completed");
    }

    [Fact]
    public async Task Bash_CompletionScript_OffersCommands()
    {
        await Eventually.TrueAsync(
            async () => (await RunAsync("bash", "-c", """
                source <(kubectl-meet completion bash)
                COMP_WORDS=(kubectl-meet sta); COMP_CWORD=1; _kubectl_meet; echo "${COMPREPLY[*]}"
                COMP_WORDS=(kubectl-meet why ""); COMP_CWORD=2; _kubectl_meet; printf '%s ' "${COMPREPLY[@]}"
                """)) is (0, "status\nall-hands board review standup town-hall ", ""),
            "commands and names are completed");
    }

    [Fact]
    public async Task Program_ReaderOfOutputEnds_PrintsNoStackTrace()
    {
        var (_, _, error) = await RunAsync("bash", "-c", "kubectl-meet man | head -c 1 >/dev/null");

        Assert.Equal(string.Empty, error);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string program, params string[] words)
    {
        var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{cluster.Folder}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["KUBECONFIG"] = cluster.Kubeconfig;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
