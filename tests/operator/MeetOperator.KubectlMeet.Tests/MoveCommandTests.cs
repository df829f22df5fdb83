using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Testing;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>The command move, and what an operator makes of its request, which the tests write into the status.</summary>
public sealed class MoveCommandTests : IAsyncLifetime
{
    private static readonly NamespacedName Key = new("meet-acme", "standup");
    private readonly SampleCluster _cluster = new();

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Move_Node_SetsMoveToOfItsSpec()
    {
        var result = await _cluster.RunAsync(["move", "standup", "--to", "shared-bbbbb"]);

        Assert.Equal((0, "meet-acme/standup: the operator was asked to move the meeting to meet-pools/shared-bbbbb\n"), (result.Code, result.Output));
        var expected = new MeetingMoveTo { SfuNode = "shared-bbbbb", Namespace = "meet-pools", RequestedAt = DateTimeOffset.FromUnixTimeSeconds(_cluster.Time.GetUtcNow().ToUnixTimeSeconds()) };
        Assert.Equal(expected, (await MeetingAsync()).Spec.Placement.MoveTo);
    }

    [Fact]
    public async Task Move_UnknownNode_SuggestsAndChangesNothing()
    {
        var result = await _cluster.RunAsync(["move", "standup", "--to", "shared-bbbb"]);

        Assert.Equal((1, string.Empty), (result.Code, result.Output));
        Assert.Contains("no SfuNode is named 'shared-bbbb'", result.Error, StringComparison.Ordinal);
        Assert.Null((await MeetingAsync()).Spec.Placement.MoveTo);
    }

    [Theory]
    [InlineData("move standup", "kubectl meet move MEETING --to NODE")]
    [InlineData("move standup --to shared-bbbbb --timeout 1m", "--timeout needs --wait")]
    [InlineData("move --to shared-bbbbb", "move")]
    public async Task Move_WrongCommandLine_SaysWhatIsWrong(string words, string expected)
    {
        var result = await _cluster.RunAsync(words.Split(' '));

        Assert.Equal(2, result.Code);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MoveWait_OperatorMoves_ShowsProgressUntilEverybodyIsThere()
    {
        var moving = _cluster.RunAsync(["move", "standup", "--to", "shared-bbbbb", "--wait"], TimeProvider.System);
        await AnswerAsync("Moving", "meet-pools/shared-bbbbb is being prepared");
        await AnswerAsync("Done", "the meeting is on meet-pools/shared-bbbbb", """[{"sfuNode":"shared-bbbbb","namespace":"meet-pools","role":"Origin","state":"Ready","participants":9,"generation":3},{"sfuNode":"shared-aaaaa","namespace":"meet-pools","role":"Edge","state":"Leaving","participants":1,"generation":2}]""");
        await Task.WhenAny(moving, Task.Delay(TimeSpan.FromSeconds(1.5)));
        Assert.False(moving.IsCompleted, "somebody is still on the former node");
        await AnswerAsync("Done", "the meeting is on meet-pools/shared-bbbbb", """[{"sfuNode":"shared-bbbbb","namespace":"meet-pools","role":"Origin","state":"Ready","participants":9,"generation":3}]""");

        var result = await moving;
        Assert.Equal(0, result.Code);
        Assert.Contains(": the meeting is on meet-pools/shared-bbbbb; 1 person still on the former one\n", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("meet-acme/standup: the meeting is on meet-pools/shared-bbbbb\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MoveWait_OperatorRefuses_ReturnsReasonAndCode3()
    {
        var moving = _cluster.RunAsync(["move", "standup", "--to", "shared-ccccc", "--wait", "-o", "json"], TimeProvider.System);
        await AnswerAsync("Refused", "meet-pools/shared-ccccc cannot take the meeting: the media node is draining");

        var result = await moving;
        Assert.Equal(3, result.Code);
        var report = JsonNode.Parse(result.Output)!;
        Assert.Equal(("meet-acme/standup", "meet-pools/shared-ccccc", "Refused"), ((string?)report["meeting"], (string?)report["to"], (string?)report["state"]));
        Assert.Equal("meet-pools/shared-ccccc cannot take the meeting: the media node is draining", (string?)report["message"]);
    }

    [Fact]
    public async Task MoveWait_RequestIsReplaced_SaysSo()
    {
        var moving = _cluster.RunAsync(["move", "standup", "--to", "shared-bbbbb", "--wait"], TimeProvider.System);
        await RequestedAsync();
        await _cluster.Api.Client.MergePatchAsync<Meeting>(Key, JsonNode.Parse("""{"spec":{"placement":{"moveTo":null}}}""")!, default);

        var result = await moving;
        Assert.Equal(3, result.Code);
        Assert.EndsWith("the move was canceled, or another one was requested\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MoveWait_MeetingIsDeleted_ReturnsError()
    {
        var moving = _cluster.RunAsync(["move", "standup", "--to", "shared-bbbbb", "--wait"], TimeProvider.System);
        await RequestedAsync();
        await _cluster.Api.Client.DeleteAsync<Meeting>(Key, default);

        var result = await moving;
        Assert.Equal((1, "meet-acme/standup was deleted.\n"), (result.Code, result.Error));
    }

    [Fact]
    public async Task MoveWait_Timeout_SaysThatTheMoveGoesOn()
    {
        var result = await _cluster.RunAsync(["move", "standup", "--to", "shared-bbbbb", "--wait", "--timeout", "0"]);

        Assert.Equal(1, result.Code);
        Assert.Contains("meet-acme/standup is not moved after 0s; the move goes on.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Move_NodesAreNotReadable_LeavesTheNameToTheOperator()
    {
        await using var gate = await RightsGate.StartAsync(_cluster.Api.CreateHttpClient(), (method, path) => path.Contains("/namespaces/meet-acme/", StringComparison.Ordinal) && (method is "GET" or "PATCH"));
        var file = Path.Combine(_cluster.Folder, "tenant");
        await File.WriteAllTextAsync(file, $$"""
            {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "namespace": "meet-acme"} }], "clusters": [{"name": "c", "cluster": {"server": "{{gate.Address}}"} }]}
            """);

        var result = await _cluster.RunAsync(["move", "standup", "--to", "meet-pools/shared-bbbbb", "--kubeconfig", file]);

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        Assert.Equal(("shared-bbbbb", "meet-pools"), ((await MeetingAsync()).Spec.Placement.MoveTo!.SfuNode, (await MeetingAsync()).Spec.Placement.MoveTo!.Namespace));
    }

    private Task<Meeting> MeetingAsync() => _cluster.Api.Client.GetAsync<Meeting>(Key, default);

    private async Task<MeetingMoveTo> RequestedAsync()
    {
        await Eventually.TrueAsync(async () => (await MeetingAsync()).Spec.Placement.MoveTo is not null, "the move is requested");
        return (await MeetingAsync()).Spec.Placement.MoveTo!;
    }

    /// <summary>Answers the request as the operator does.</summary>
    private async Task AnswerAsync(string state, string message, string? assignments = null)
    {
        var wanted = await RequestedAsync();
        var move = new JsonObject { ["sfuNode"] = wanted.SfuNode, ["namespace"] = wanted.Namespace, ["requestedAt"] = $"{wanted.RequestedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}", ["state"] = state, ["message"] = message };
        var status = new JsonObject { ["move"] = move };
        if (assignments is not null)
        {
            status["assignments"] = JsonNode.Parse(assignments);
        }

        await _cluster.Api.Client.MergePatchAsync<Meeting>(Key, new JsonObject { ["status"] = status }, default, new WriteOptions { Subresource = "status" });
    }
}
