using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.Testing;

namespace MeetOperator.KubectlMeet.Tests;

public sealed class DrainTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    [Fact]
    public async Task Drain_Node_SetsDrainOfItsSpec()
    {
        var result = await cluster.RunAsync(["drain", "shared-aaaaa", "--reason", "new kernel", "--deadline", "10m", "--force"]);

        Assert.Equal((0, "meet-pools/shared-aaaaa is draining: 2 meetings with 12 people on it\n"), (result.Code, result.Output));
        Assert.Equal(new SfuNodeDrain { Reason = "new kernel", DeadlineSeconds = 600, Force = true }, (await NodeAsync("shared-aaaaa")).Spec.Drain);
    }

    [Fact]
    public async Task Undrain_DrainingNode_RemovesDrain()
    {
        var result = await cluster.RunAsync(["undrain", "meet-pools/shared-ccccc"]);
        var again = await cluster.RunAsync(["undrain", "meet-pools/shared-ccccc"]);

        Assert.Equal((0, "the drain of meet-pools/shared-ccccc is canceled\n"), (result.Code, result.Output));
        Assert.Null((await NodeAsync("shared-ccccc")).Spec.Drain);
        Assert.StartsWith("meet-pools/shared-ccccc has no drain to cancel", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DrainWait_NodeIsRemoved_ReturnsSuccess()
    {
        var draining = cluster.RunAsync(["drain", "shared-bbbbb", "--deadline=0", "--wait"], TimeProvider.System);
        await Eventually.TrueAsync(async () => (await NodeAsync("shared-bbbbb")).Spec.Drain is not null, "the node drains");
        await cluster.Api.Client.DeleteAsync<SfuNode>(Key("shared-bbbbb"), default);

        var result = await draining;
        Assert.Equal(0, result.Code);
        Assert.EndsWith("meet-pools/shared-bbbbb is empty and gone\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DrainWait_DrainIsCanceled_ReturnsError()
    {
        var draining = cluster.RunAsync(["drain", "shared-ddddd", "--wait"], TimeProvider.System);
        await Eventually.TrueAsync(async () => (await NodeAsync("shared-ddddd")).Spec.Drain is not null, "the node drains");
        await cluster.Api.Client.MergePatchAsync<SfuNode>(Key("shared-ddddd"), new JsonObject { ["spec"] = new JsonObject { ["drain"] = null } }, default);

        var result = await draining;
        Assert.Equal((1, "The drain of meet-pools/shared-ddddd was canceled by somebody.\n"), (result.Code, result.Error));
    }

    [Fact]
    public async Task DrainWait_Timeout_SaysThatTheDrainGoesOn()
    {
        var result = await cluster.RunAsync(["drain", "private-eeeee", "--wait", "--timeout", "0"]);

        Assert.Equal(1, result.Code);
        Assert.Contains("meet-globex/private-eeeee is still draining after 0 s; the drain goes on.", result.Error, StringComparison.Ordinal);
    }

    private static NamespacedName Key(string name) => new("meet-pools", name);

    private Task<SfuNode> NodeAsync(string name) => cluster.Api.Client.GetAsync<SfuNode>(Key(name), default);
}
