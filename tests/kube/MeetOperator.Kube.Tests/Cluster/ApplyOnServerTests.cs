using System.Text.Json.Nodes;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Testing;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.Cluster;

/// <summary>Field ownership with server-side apply through the typed client.</summary>
public sealed class ApplyOnServerTests
{
    [Fact]
    public async Task ApplyAsync_FieldOfOtherManager_ConflictsUnlessForced()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.ApplyAsync(WidgetCluster.NewWidget("w", "red"), new ApplyOptions { FieldManager = "alice" }, default);

        var error = await Assert.ThrowsAsync<KubeApiException>(() =>
            server.Client.ApplyAsync(WidgetCluster.NewWidget("w", "blue"), new ApplyOptions { FieldManager = "bob" }, default));
        Assert.True(error.IsConflict);
        Assert.Contains("alice", error.Message);

        var taken = await server.Client.ApplyAsync(WidgetCluster.NewWidget("w", "blue"), new ApplyOptions { FieldManager = "bob", Force = true }, default);
        Assert.Equal("blue", taken.Spec.Colour);
    }

    [Fact]
    public async Task ApplyAsync_OmittedField_IsRemovedWhileOthersStay()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.ApplyAsync(WidgetCluster.NewWidget("w", "red"), new ApplyOptions { FieldManager = "alice" }, default);
        await server.Client.ApplyAsync(WidgetCluster.NewWidget("w", null, 3), new ApplyOptions { FieldManager = "bob" }, default);
        var after = await server.Client.ApplyAsync(WidgetCluster.NewWidget("w"), new ApplyOptions { FieldManager = "alice" }, default);

        Assert.Null(after.Spec.Colour);
        Assert.Equal(3, after.Spec.Replicas);
    }

    [Fact]
    public async Task ApplyAsync_Status_KeepsSpec()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.CreateWidgetAsync("w", "red");
        var wanted = WidgetCluster.NewWidget("w", "blue");
        wanted.Status = new WidgetStatus { Replicas = 2 };
        var after = await server.Client.ApplyAsync(wanted, new ApplyOptions { FieldManager = "controller", Subresource = "status" }, default);

        Assert.Equal(("red", 2), (after.Spec.Colour, after.Status!.Replicas));
    }

    [Fact]
    public async Task ApplyAsync_FieldOfWrongType_ErrorNamesTheField()
    {
        await using var server = await WidgetCluster.StartAsync();
        var body = JsonNode.Parse("""{"metadata":{"name":"w"},"spec":{"replicas":"many"}}""")!.AsObject();

        var error = await Assert.ThrowsAsync<KubeApiException>(() =>
            server.Client.ApplyAsync<Widget>(WidgetCluster.Key("w"), body, new ApplyOptions { FieldManager = "me" }, default));
        Assert.Contains("replicas", error.Message);
    }
}
