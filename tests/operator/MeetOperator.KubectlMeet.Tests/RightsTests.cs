using System.Collections.Concurrent;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>The plugin with the rights of a tenant's engineer: view and edit in the namespace of the tenant, nothing else.</summary>
public sealed class RightsTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    private readonly ConcurrentQueue<string> _requests = [];

    [Fact]
    public async Task Status_RightsInOneNamespace_ShowsItAndSaysWhatIsMissing()
    {
        var result = await RunAsync(Engineer, "status");

        Assert.Equal(3, result.Code);
        Assert.Contains("Meetings     3 of 4 can be joined", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("globex", result.Output, StringComparison.Ordinal);
        Assert.Contains("Note: tenants are not readable (they belong to no namespace).", result.Error, StringComparison.Ordinal);
        Assert.Contains("Note: meetings are readable in namespace meet-acme only.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_RightsInOneNamespace_ShowsDecisionAndSaysWhatIsNotKnown()
    {
        var result = await RunAsync(Engineer, "why", "standup");

        Assert.Equal(0, result.Code);
        Assert.Contains("placed on shared-aaaaa: 12 % full, Packed", result.Output, StringComparison.Ordinal);
        Assert.Contains("none that the meeting may use and that you may read", result.Output, StringComparison.Ordinal);
        Assert.Contains("- without the Tenant, its allowed regions", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_AllNamespacesRequired_Fails()
    {
        var result = await RunAsync(Engineer, "status", "-A");

        Assert.Equal((1, string.Empty), (result.Code, result.Output));
        Assert.StartsWith("error: you may not do this: User \"engineer\" cannot GET", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_NoRights_SaysWhatToAskFor()
    {
        var result = await RunAsync((_, _) => false, "status");

        Assert.Equal(1, result.Code);
        Assert.Contains("ask for a RoleBinding to the ClusterRole 'view'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drain_ViewOnly_SaysThatItIsNotAllowed()
    {
        var result = await RunAsync((method, _) => method == "GET", "drain", "shared-bbbbb");

        Assert.Equal((1, string.Empty), (result.Code, result.Output));
        Assert.StartsWith("error: you may not do this: User \"engineer\" cannot PATCH", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bundle_RightsInOneNamespace_ListsWhatIsMissing()
    {
        var result = await RunAsync(Engineer, "support-bundle");

        Assert.Equal(0, result.Code);
        Assert.Contains("Note: not in the bundle: tenants: not allowed.", result.Error, StringComparison.Ordinal);
        Assert.Contains("Note: not in the bundle: meetings of other namespaces than meet-acme: not allowed.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_AllReading_NeverRequestSecrets()
    {
        foreach (var words in (string[][])[["status"], ["why", "standup"], ["plan", "drain", "shared-aaaaa"], ["top"], ["topology", "standup"], ["support-bundle", "-f", "secrets.tar.gz"]])
        {
            await RunAsync((_, _) => true, words);
        }

        Assert.NotEmpty(_requests);
        Assert.DoesNotContain(_requests, path => path.Contains("/secrets", StringComparison.Ordinal) || path.Contains("/configmaps", StringComparison.Ordinal));
    }

    private static bool Engineer(string method, string path) => method == "GET" && (path.Contains("/namespaces/meet-acme/", StringComparison.Ordinal) || path.StartsWith("/version", StringComparison.Ordinal));

    private async Task<PluginResult> RunAsync(Func<string, string, bool> allows, params string[] words)
    {
        await using var gate = await RightsGate.StartAsync(cluster.Api.CreateHttpClient(), (method, path) =>
        {
            _requests.Enqueue(path);
            return allows(method, path);
        });
        var file = Path.Combine(cluster.Folder, Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, $$"""
            {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "namespace": "meet-acme"} }], "clusters": [{"name": "c", "cluster": {"server": "{{gate.Address}}"} }]}
            """);
        return await cluster.RunAsync([.. words, "--kubeconfig", file]);
    }
}
