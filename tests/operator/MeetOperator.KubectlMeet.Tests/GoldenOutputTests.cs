using System.Text.RegularExpressions;
using MeetOperator.Testing;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>What each command writes about the sample cluster: tests/golden/kubectl-meet. With MEET_UPDATE_GOLDEN=1, the test writes the files.</summary>
public sealed partial class GoldenOutputTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    [Theory]
    [InlineData("status", 3, "status")]
    [InlineData("status-of-tenant", 3, "status -n meet-acme")]
    [InlineData("status-meeting", 0, "status meeting standup")]
    [InlineData("status-waiting-meeting", 3, "status meeting town-hall")]
    [InlineData("status-node", 0, "status node shared-aaaaa")]
    [InlineData("status-pool", 3, "status pool shared")]
    [InlineData("status-json", 3, "status -o json")]
    [InlineData("status-yaml", 3, "status -o yaml")]
    [InlineData("status-meeting-json", 0, "status meeting standup -o json")]
    [InlineData("status-meeting-yaml", 0, "status meeting standup -o yaml")]
    [InlineData("status-node-yaml", 0, "status node shared-aaaaa -o yaml")]
    [InlineData("status-pool-json", 3, "status pool shared -o json")]
    [InlineData("why", 0, "why standup")]
    [InlineData("why-waiting", 0, "why town-hall --namespace meet-acme")]
    [InlineData("why-several", 0, "why all-hands")]
    [InlineData("why-yaml", 0, "why standup -o yaml")]
    [InlineData("plan-drain", 0, "plan drain shared-aaaaa")]
    [InlineData("plan-drain-blocked", 3, "plan drain private-eeeee --deadline 1h")]
    [InlineData("plan-drain-json", 3, "plan drain private-eeeee -o json")]
    [InlineData("plan-drain-yaml", 0, "plan drain shared-aaaaa -o yaml")]
    [InlineData("plan-drain-of-origin", 0, "plan drain shared-bbbbb")]
    [InlineData("plan-drain-waiting", 0, "plan drain shared-ccccc")]
    [InlineData("top-nodes", 0, "top")]
    [InlineData("top-meetings", 0, "top meetings --namespace=meet-acme")]
    [InlineData("top-nodes-json", 0, "top nodes -o json")]
    [InlineData("top-nodes-yaml", 0, "top nodes -o yaml")]
    [InlineData("top-meetings-json", 0, "top meetings -n meet-acme -o json")]
    [InlineData("top-meetings-yaml", 0, "top meetings -n meet-acme -o yaml")]
    [InlineData("topology", 0, "topology review")]
    [InlineData("topology-dot", 0, "topology review -o dot")]
    [InlineData("topology-json", 0, "topology review -ojson")]
    [InlineData("topology-links", 0, "topology all-hands")]
    [InlineData("topology-links-dot", 0, "topology all-hands -o dot")]
    [InlineData("topology-links-json", 0, "topology all-hands -o json")]
    [InlineData("status-refused-move", 0, "status meeting all-hands")]
    [InlineData("help-move", 0, "move --help")]
    [InlineData("colors", 0, "top nodes --color always")]
    [InlineData("help-drain", 0, "drain --help")]
    [InlineData("man", 0, "man")]
    public async Task Run_SampleCluster_WritesGoldenOutput(string name, int code, string words)
    {
        var result = await cluster.RunAsync(words.Split(' '));

        var actual = $"$ kubectl meet {words}\n{ServerAssigned().Replace(result.Output, "$1(assigned by the server)")}{(result.Error.Length == 0 ? string.Empty : $"--- standard error\n{result.Error}")}";
        var file = Repository.Golden("kubectl-meet", $"{name}.txt");
        if (Environment.GetEnvironmentVariable("MEET_UPDATE_GOLDEN") == "1")
        {
            await File.WriteAllTextAsync(file, actual);
        }

        Assert.Equal(await File.ReadAllTextAsync(file), actual);
        Assert.Equal(code, result.Code);
    }

    /// <summary>The value of a field that differs each time the sample cluster is created.</summary>
    [GeneratedRegex("""("?(?:uid|resourceVersion)"?: )"?[0-9a-f-]+"?""")]
    private static partial Regex ServerAssigned();
}
