using MeetOperator.Kube.Testing;
using MeetOperator.Testing;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>Errors that users can make or meet: each gives one line that says what to do, and no stack trace.</summary>
public sealed class ErrorTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    [Theory]
    [InlineData("why standupp", "no Meeting is named 'standupp'. Did you mean 'standup'?")]
    [InlineData("why standup -n meet-globex", "no Meeting is named 'meet-globex/standup'.")]
    [InlineData("drain shared-aaaab", "no SfuNode is named 'shared-aaaab'. Did you mean 'shared-aaaaa'")]
    [InlineData("status pool meet-acme/shared", "no SfuPool is named 'meet-acme/shared'.")]
    [InlineData("status --context nowhere", "contexts has no entry named \"nowhere\"")]
    public Task Run_UnknownName_SuggestsNames(string words, string message) => ErrorAsync(words, 1, message);

    [Theory]
    [InlineData("status room x", "status knows no kind 'room'; write meeting, node or pool")]
    [InlineData("status meeting", "status meeting needs a name")]
    [InlineData("top people", "top lists nodes or meetings, not 'people'")]
    [InlineData("status -A -n x", "exclude each other")]
    [InlineData("drain shared-aaaaa --deadline soon", "--deadline is 'soon'")]
    [InlineData("drain shared-aaaaa --timeout 5", "--timeout needs --wait")]
    public Task Run_WrongArguments_ReturnsUsageError(string words, string message) => ErrorAsync(words, 2, message);

    [Theory]
    [InlineData("}{", "not valid YAML")]
    [InlineData("- a\n- b", "is not a kubeconfig")]
    [InlineData("apiVersion: v1", "current-context is not set")]
    public async Task Run_MalformedKubeconfig_NamesFile(string text, string message)
    {
        var file = Path.Combine(cluster.Folder, "broken");
        await File.WriteAllTextAsync(file, text);

        var error = await ErrorAsync($"status --kubeconfig {file}", 1, message);
        Assert.Contains(file, error, StringComparison.Ordinal);
    }

    [Fact]
    public Task Run_MissingKubeconfig_NamesFile() => ErrorAsync("status --kubeconfig /nowhere/kubeconfig", 1, "No kubeconfig file exists at /nowhere/kubeconfig");

    [Fact]
    public Task Run_UnreachableServer_NamesCause() => RunWithAsync($"http://127.0.0.1:{FreePort.Next()}", "secret", "the API server cannot be reached: Connection refused");

    [Fact]
    public Task Run_WrongToken_AsksToLogIn() => RunWithAsync(cluster.Api.Server.Address.ToString(), "wrong", "the API server does not accept your credentials");

    [Fact]
    public async Task Run_ClusterWithoutCrds_SaysNotInstalled()
    {
        await using var empty = await TestApiServer.StartAsync();

        await RunWithAsync(empty.Server.Address.ToString(), empty.Server.Token, "MeetOperator is not installed there");
    }

    private async Task RunWithAsync(string server, string token, string message)
    {
        var file = Path.Combine(cluster.Folder, Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, $$"""
            {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"} }], "clusters": [{"name": "c", "cluster": {"server": "{{server}}"} }], "users": [{"name": "u", "user": {"token": "{{token}}"} }]}
            """);
        await ErrorAsync($"status --kubeconfig {file}", 1, message);
    }

    private async Task<string> ErrorAsync(string words, int code, string message)
    {
        var result = await cluster.RunAsync(words.Split(' '));

        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Equal((code, string.Empty), (result.Code, result.Output));
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Equal(result.Error.Length - 1, result.Error.IndexOf('\n', StringComparison.Ordinal));
        return result.Error;
    }
}
