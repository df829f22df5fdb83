using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>A media node reports what the line of a participant takes, and the participant's next session begins with it.</summary>
public sealed class LineTests : IAsyncLifetime
{
    private const int Kbps = 5_600;
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private SimulatedMediaNode _next = null!;
    private TestSignaling _signaling = null!;
    private string _meeting = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with
        {
            Timings = options.Timings with { TickInterval = TimeSpan.FromMilliseconds(300) },
        });
        _meeting = (await _signaling.CreateAsync()).MeetingId;
        await Eventually.TrueAsync(() => _node.Rooms().ContainsKey(_meeting), "the meeting is placed");
        _node.AddTracks(_meeting, "bob", Sdp.Publish());
        _next = await _cluster.AddNodeAsync("default-bbbbb");
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task NodeLeaving_NextNode_BeginsWithTheLine()
    {
        await using var ann = await MeasuredAsync(Kbps);

        await LeaveAsync();

        Assert.Equal(Kbps, await RequestedOnNextAsync(ann));
    }

    [Fact]
    public async Task NodeDies_Standby_BeginsWithTheLine()
    {
        await AssignAsync(Assigned("default-aaaaa", 1, Ready), Assigned("default-bbbbb", 2, Ready, Standby));
        await using var ann = await MeasuredAsync(Kbps);

        await _node.DieAsync();

        Assert.Equal(Kbps, await RequestedOnNextAsync(ann));
    }

    [Fact]
    public async Task NodeDiesWithoutStandby_NodeThatTheMeetingGets_BeginsWithTheLine()
    {
        await using var ann = await MeasuredAsync(Kbps);
        await _node.DieAsync();

        await AssignAsync(Assigned("default-bbbbb", 2, Ready));

        Assert.Equal(Kbps, await RequestedOnNextAsync(ann));
    }

    [Fact]
    public async Task NodeLosesParticipant_NextSession_BeginsWithTheLine()
    {
        await using var ann = await MeasuredAsync(Kbps);

        _node.RemoveParticipant(_meeting, ann.Id);

        Assert.Equal(Kbps, await RequestedAsync(_node, ann));
    }

    /// <summary>As after a restart of the server, which has read no events before.</summary>
    [Fact]
    public async Task LineKnownBeforeTheStreamOpens_NextNode_BeginsWithIt()
    {
        var opens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.EventsAfter = opens.Task;
        await using var ann = await EnterAsync();
        _node.ReportLine(_meeting, ann.Id, Kbps);
        opens.SetResult();
        await ReadAllAsync(ann);

        await LeaveAsync();

        Assert.Equal(Kbps, await RequestedOnNextAsync(ann));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public async Task NodeReportsImpossibleLine_NextNode_BeginsWithoutIt(int kbps)
    {
        await using var ann = await MeasuredAsync(kbps);

        await LeaveAsync();

        Assert.Null(await RequestedOnNextAsync(ann));
    }

    [Fact]
    public async Task PathOfTheClientFails_NextNode_BeginsWithoutTheLine()
    {
        await using var ann = await MeasuredAsync(Kbps);
        _node.CloseSession(_meeting, ann.Id, "subscribe", "failed");
        await ReadAllAsync(ann);

        await LeaveAsync();

        Assert.Null(await RequestedOnNextAsync(ann));
    }

    /// <summary>A client asks for new sessions after a change of network, and when its path is silent.</summary>
    [Theory]
    [InlineData(false, null)]
    [InlineData(true, Kbps)]
    public async Task ClientOpensSocketAgain_NextNode_BeginsWithTheLineIfTheSessionsWork(bool resumes, int? expected)
    {
        var ann = await MeasuredAsync(Kbps);
        await ann.DisposeAsync();
        await using var again = await TestClient.OpenByTicketAsync(ann.Join, _signaling.Address);
        await again.JoinAsync(resume: resumes, move: true);
        await again.ExpectAsync("offer");
        Assert.Equal(expected, _node.Read(_meeting, r => r.Participants[again.Id].RequestedLineKbps));

        await LeaveAsync();

        Assert.Equal(expected, await RequestedOnNextAsync(again));
    }

    [Fact]
    public async Task ClientOpensSocketAgain_NodeHasDied_NextNodeBeginsWithTheLine()
    {
        var ann = await MeasuredAsync(Kbps);
        await _node.DieAsync();
        await Eventually.TrueAsync(() => _signaling.LogLines().Any(line => line.Contains("is gone", StringComparison.Ordinal)), "the node is gone");
        await ann.DisposeAsync();
        await using var again = await TestClient.OpenByTicketAsync(ann.Join, _signaling.Address);
        await again.JoinAsync(move: true);

        await AssignAsync(Assigned("default-bbbbb", 2, Ready));

        Assert.Equal(Kbps, await RequestedOnNextAsync(again));
    }

    /// <summary>As when the node loses its power, and the client notices first. Its first session cannot be opened there.</summary>
    [Fact]
    public async Task NodeDies_AfterClientOpensSocketAgain_NextNodeBeginsWithTheLine()
    {
        await AssignAsync(Assigned("default-aaaaa", 1, Ready), Assigned("default-bbbbb", 2, Ready, Standby));
        var ann = await MeasuredAsync(Kbps);
        await ann.DisposeAsync();
        _node.HangsOnRooms = true;
        await using var again = await TestClient.OpenByTicketAsync(ann.Join, _signaling.Address);
        await again.JoinAsync(move: true);
        await Eventually.TrueAsync(() => _node.HeldRoomCalls > 0, "signaling opens the session on the node");

        await _node.DieAsync();

        Assert.Equal(Kbps, await RequestedOnNextAsync(again));
    }

    /// <summary>This server knows the node that the client used before, which the meeting has left. The other node works, so the client's network may be another one.</summary>
    [Fact]
    public async Task ClientMovedThroughAnotherServer_OpensSocketAgain_NodeBeginsWithoutTheLine()
    {
        var ann = await MeasuredAsync(Kbps);
        await ann.DisposeAsync();
        await AssignAsync(Assigned("default-bbbbb", 2, Ready));
        _next.AddTracks(_meeting, ann.Id, Sdp.Publish());
        await using var bob = await EnterAsync();
        await ReadAllAsync(bob, _next);
        _next.ReportLine(_meeting, ann.Id, 900);
        await ReadAllAsync(bob, _next);

        await using var again = await TestClient.OpenByTicketAsync(ann.Join, _signaling.Address);
        await again.JoinAsync(move: true);

        Assert.Null(await RequestedOnNextAsync(again));
    }

    /// <summary>The path to a node that the client moves to does not come up. The former node goes on with its session, so it does not report the line again.</summary>
    [Fact]
    public async Task PathToNextNodeFails_LineOfFormerNode_StaysKnown()
    {
        await using var ann = await MeasuredAsync(Kbps);
        await LeaveAsync();
        await RequestedOnNextAsync(ann);
        await ReadAllAsync(ann, _next); // a stream that opens later does not say why the session has ended
        var failed = SessionOnNext();
        _next.CloseSession(_meeting, ann.Id, "subscribe", "failed");
        await Eventually.TrueAsync(() => SessionOnNext() is { } session && session != failed, "the session is opened again");
        Assert.Null(await RequestedOnNextAsync(ann));
        await AssignAsync(Assigned("default-aaaaa", 1, Ready));

        _node.RemoveParticipant(_meeting, ann.Id);

        Assert.Equal(Kbps, await RequestedAsync(_node, ann));

        string? SessionOnNext() => _next.Read(_meeting, r => r.Participants[ann.Id].SubscribeSession);
    }

    /// <summary>Later versions of a media node send events of types that this version does not know.</summary>
    [Fact]
    public async Task Event_OfALaterVersion_IsIgnored()
    {
        await using var ann = await MeasuredAsync(Kbps);

        _node.Emit(_meeting, new RoomEvent { Type = "of-a-later-version", ParticipantId = ann.Id, Lines = [new ParticipantLine { ParticipantId = ann.Id, Kbps = 1 }] });
        await ReadAllAsync(ann);
        await LeaveAsync();

        Assert.Equal(Kbps, await RequestedOnNextAsync(ann));
        Assert.Empty(ann.OfType("error").Concat(ann.OfType("media-restart")));
    }

    private static MeetingAssignment Assigned(string node, long generation, AssignmentState state, AssignmentRole role = Origin) => new()
    {
        SfuNode = node,
        Namespace = TestCluster.Namespace,
        Role = role,
        State = state,
        Generation = generation,
        Deadline = state == Leaving ? DateTimeOffset.UtcNow + TimeSpan.FromSeconds(60) : null,
    };

    private Task LeaveAsync() => AssignAsync(Assigned("default-aaaaa", 1, Leaving, Edge), Assigned("default-bbbbb", 2, Ready));

    private async Task AssignAsync(params MeetingAssignment[] assignments)
    {
        await _cluster.AssignAsync(_meeting, assignments);
        await Eventually.TrueAsync(
            () => _signaling.Service<Kubernetes.MeetingDirectory>().Find(_meeting)!.Assignments.Select(a => (a.Node, a.Role)).SequenceEqual(assignments.Select(a => (a.SfuNode, a.Role))),
            "signaling has the assignments");
    }

    private async Task<TestClient> EnterAsync()
    {
        var client = await TestClient.OpenAsync(await _signaling.JoinAsync(_meeting, "Ann"));
        await client.JoinAsync(move: true);
        await client.ExpectAsync("offer");
        return client;
    }

    /// <summary>A client whose node has reported its line.</summary>
    private async Task<TestClient> MeasuredAsync(int kbps)
    {
        var client = await EnterAsync();
        await ReadAllAsync(client); // a stream that opens later begins with the line
        _node.ReportLine(_meeting, client.Id, kbps);
        await ReadAllAsync(client);
        return client;
    }

    /// <summary>Waits until signaling has handled all events of the client's node so far.</summary>
    private Task ReadAllAsync(TestClient client, SimulatedMediaNode? node = null) => EventStreams.ReadAsync(node ?? _node, _meeting, client);

    private Task<int?> RequestedOnNextAsync(TestClient client) => RequestedAsync(_next, client);

    /// <summary>The line in the request that has opened the session of the client.</summary>
    private async Task<int?> RequestedAsync(SimulatedMediaNode node, TestClient client)
    {
        await Eventually.TrueAsync(
            () => node.Rooms().TryGetValue(_meeting, out var room) && room.ParticipantList!.Any(p => p.Participant == client.Id && p.Subscribing), $"{client.Id} uses {node.Name}");
        return node.Read(_meeting, r => r.Participants[client.Id].RequestedLineKbps);
    }
}
