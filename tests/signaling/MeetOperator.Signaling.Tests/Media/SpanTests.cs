using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Testing;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>A meeting on several media nodes: which one each participant uses.</summary>
public sealed class SpanTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _south = null!;
    private SimulatedMediaNode _north = null!;
    private TestSignaling _signaling = null!;
    private string _meeting = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _south = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with
        {
            Timings = options.Timings with { TickInterval = TimeSpan.FromMilliseconds(300), PlaceTimeout = TimeSpan.FromMilliseconds(700), RefreshInterval = TimeSpan.FromMilliseconds(300) },
        });
        _meeting = (await _signaling.CreateAsync()).MeetingId;
        await Eventually.TrueAsync(() => _south.Rooms().ContainsKey(_meeting), "the meeting is placed");
        _north = await _cluster.AddNodeAsync("default-bbbbb");
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Join_NodeInRegionOfRequest_IsUsedAndToldTheRegion()
    {
        await AssignAsync(South(participants: 0), North(participants: 50));

        await using var ann = await EnterAsync("Ann", region: "north");
        await using var bob = await EnterAsync("Bob", region: "south");
        await using var eve = await EnterAsync("Eve", region: "elsewhere");

        await OnAsync(_north, ann);
        await OnAsync(_south, bob, eve);
        Assert.Equal(1, _north.Rooms()[_meeting].Regions["north"]);
        Assert.Equal((1, 1), (_south.Rooms()[_meeting].Regions["south"], _south.Rooms()[_meeting].Regions["elsewhere"]));
        Assert.DoesNotContain(bob.Received, message => message.ToJsonString().Contains("north", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Join_NoRegionInRequest_AddressDecides()
    {
        await AssignAsync(South(), North(participants: 50));
        await _cluster.SetNetworksAsync(("127.0.0.0/8", "south"), ("127.0.0.1/32", "north"));
        await Eventually.TrueAsync(() => _signaling.Service<Kubernetes.MeetingDirectory>().FindTenant(TestCluster.Tenant)?.Spec.Regions.Networks.Count == 2, "signaling has the table");

        await using var ann = await EnterAsync("Ann");
        await using var bob = await EnterAsync("Bob", region: "south");

        await OnAsync(_north, ann);
        await OnAsync(_south, bob);
    }

    [Theory]
    [InlineData("")]
    [InlineData("north\n")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Join_InvalidRegion_IsRejectedWithTheField(string region)
    {
        var response = await _signaling.SendAsync(HttpMethod.Post, $"meetings/{_meeting}/join", new { displayName = "Ann", region });

        var problem = await Problem.IsAsync(response, HttpStatusCode.BadRequest, "invalid-request");
        Assert.Contains("region", JsonSerializer.Serialize(problem), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reconnect_WithTicket_KeepsRegion()
    {
        await AssignAsync(South(), North());
        var join = await _signaling.JoinAsync(_meeting, "Ann", region: "north");
        await using (var first = await TestClient.OpenAsync(join))
        {
            await first.JoinAsync();
            await OnAsync(_north, first);
        }

        await _cluster.AssignAsync(_meeting, South());
        await using (var second = await TestClient.OpenByTicketAsync(join, _signaling.Address))
        {
            await second.JoinAsync(resume: true, move: true);
            await OnAsync(_south, second);
            await Eventually.TrueAsync(() => _south.Rooms()[_meeting].Regions.GetValueOrDefault("north") == 1, "the other node knows the region");
        }

        var again = await _signaling.JoinAsync(_meeting, "Ann", ticket: join.Ticket);
        await using var third = await TestClient.OpenAsync(again);
        await third.JoinAsync(move: true);
        await AssignAsync(South(), North());
        await OnAsync(_north, third);
    }

    [Fact]
    public async Task Assign_NodeOfRegionBecomesReady_OnlyItsParticipantsMove()
    {
        await using var ann = await EnterAsync("Ann", region: "north");
        await using var bob = await EnterAsync("Bob", region: "south");
        await using var carol = await EnterAsync("Carol");
        await using var old = await EnterAsync("Old", region: "north", moves: false);
        await OnAsync(_south, ann, bob, carol, old);

        await AssignAsync(South(participants: 4), North(state: Preparing));
        await AssignAsync(South(participants: 4), North());

        Assert.Equal("region", (string?)(await ann.ExpectAsync("media-move"))["reason"]);
        await OnAsync(_north, ann);
        await AssignAsync(South(participants: 3), North(participants: 1));
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(900), bob);
        Assert.Single(ann.OfType("media-move"));
        foreach (var other in new[] { bob, carol, old })
        {
            Assert.Empty(other.OfType("media-move"));
            Assert.Empty(other.OfType("media-restart"));
        }

        Assert.Equal(1, _north.Rooms()[_meeting].Regions["north"]);
    }

    [Fact]
    public async Task Assign_NodeOfRegionReturnsSoon_ParticipantStaysForSomeTime()
    {
        await AssignAsync(South(), North());
        await using var ann = await EnterAsync("Ann", region: "north");
        await OnAsync(_north, ann);
        await AssignAsync(South(), North(state: Leaving));
        await ann.ExpectAsync("media-move");
        await OnAsync(_south, ann);

        await AssignAsync(South(), North());

        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(900), ann);
        Assert.Single(ann.OfType("media-move"));
    }

    [Fact]
    public async Task Join_NodeFull_UsesNextNodeWithoutAnError()
    {
        await AssignAsync(South(), North(participants: 80));
        _south.MaxParticipants = 0;

        await using var ann = await EnterAsync("Ann", region: "south");

        await OnAsync(_north, ann);
        Assert.Empty(ann.OfType("error"));
    }

    [Fact]
    public async Task Join_ManyAtOnce_AreSpreadBeforeTheOperatorReports()
    {
        await AssignAsync(South(), North());

        var joined = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => EnterAsync($"P{i}")));

        await Eventually.TrueAsync(() => Count(_south) + Count(_north) == 20, "everybody has a node");
        Assert.InRange(Count(_south), 7, 13);
        await Task.WhenAll(joined.Select(client => client.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Join_AllNodesFull_WaitsForNextNode()
    {
        _south.MaxParticipants = 1;
        await using var first = await EnterAsync("First");
        await OnAsync(_south, first);
        var waiting = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => EnterAsync($"P{i}")));
        Assert.Equal(0, Count(_north));

        await AssignAsync(South(participants: 1), North());

        await Eventually.TrueAsync(() => Count(_north) == 12, "everybody is on the next node");
        await OnAsync(_north, waiting);
        foreach (var client in waiting)
        {
            Assert.Empty(client.OfType("media-restart"));
            await client.DisposeAsync();
        }

        Assert.Equal(1, Count(_south));
    }

    [Fact]
    public async Task Join_SomebodyLeavesFullNode_FirstInLineGetsThePlace()
    {
        _south.MaxParticipants = 1;
        await using var first = await EnterAsync("First");
        await OnAsync(_south, first);
        await using var second = await EnterAsync("Second");
        await using (var hold = await _signaling.Service<MeetingSessions>().AcquireAsync(_signaling.Service<Kubernetes.MeetingDirectory>().Find(_meeting)!))
        {
            await Eventually.TrueAsync(() => hold.Session.Media.Line.IsEmpty == false, "the second one waits");
        }

        await using var third = await EnterAsync("Third");

        await first.SendAsync(new { type = "leave" });

        await OnAsync(_south, second);
        Assert.Equal(1, Count(_south));
    }

    [Fact]
    public async Task Join_AllNodesFullForTooLong_IsToldWhyAndStillGetsTheNextPlace()
    {
        _south.MaxParticipants = 1;
        await using var first = await EnterAsync("First");
        await OnAsync(_south, first);
        await using var second = await EnterAsync("Second");

        var error = await second.ExpectAsync("error");
        Assert.Equal("not-placed", (string?)error["code"]);
        Assert.Contains("full", (string?)error["message"], StringComparison.Ordinal);
        _south.MaxParticipants = 2;

        await OnAsync(_south, second);
        Assert.Single(second.OfType("error"));
    }

    [Fact]
    public async Task Join_MeetingFullOverItsNodes_IsRejected()
    {
        var meeting = (await _signaling.CreateAsync(new { maxParticipants = 2 })).MeetingId;
        await Eventually.TrueAsync(() => _south.Rooms().ContainsKey(meeting), "the meeting is placed");
        await _cluster.AssignAsync(meeting, South(), North());
        await using var ann = await _signaling.EnterAsync(meeting, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting, "Bob");

        await Problem.IsAsync(await _signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting}/join", new { displayName = "Eve" }), HttpStatusCode.Conflict, "meeting-full");
    }

    [Fact]
    public async Task Whip_NodeOfRegion_IsUsedAndToldTheRegion()
    {
        await AssignAsync(South(), North(participants: 50));
        await using var ann = await EnterAsync("Ann");
        var camera = await _signaling.JoinAsync(_meeting, "Camera", region: "north");

        Assert.Equal(HttpStatusCode.Created, (await WhipAsync(camera)).StatusCode);

        // The response does not wait for the report of the region.
        Assert.True(_north.Read(_meeting, room => room.Participants.ContainsKey(camera.ParticipantId)));
        await Eventually.TrueAsync(() => _north.Read(_meeting, room => room.Participants[camera.ParticipantId].Region) == "north", "the node is told the region");
    }

    [Fact]
    public async Task Whip_NodesFull_UsesNextOrSaysSo()
    {
        await AssignAsync(South(), North(participants: 50));
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_south, ann);
        _south.MaxParticipants = 1;
        var (camera, other) = (await _signaling.JoinAsync(_meeting, "Camera"), await _signaling.JoinAsync(_meeting, "Other"));

        Assert.Equal(HttpStatusCode.Created, (await WhipAsync(camera)).StatusCode);
        Assert.True(_north.Read(_meeting, room => room.Participants.ContainsKey(camera.ParticipantId)));
        _north.MaxParticipants = 1;

        var full = await WhipAsync(other);
        await Problem.IsAsync(full, HttpStatusCode.ServiceUnavailable, "not-placed");
        Assert.NotNull(full.Headers.RetryAfter);
    }

    [Fact]
    public async Task LinkInterrupted_MembersOfTheNode_AreToldWhomTheyCannotReach()
    {
        await AssignAsync(South(), North());
        await using var ann = await EnterAsync("Ann", region: "south");
        await using var bob = await EnterAsync("Bob", region: "north");
        await OnAsync(_south, ann);
        await OnAsync(_north, bob);

        _south.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Unreachable, Participants = [bob.Id, ann.Id] });

        var told = await ann.ExpectAsync("unreachable");
        Assert.Equal([bob.Id], told["participantIds"]!.AsArray().Select(id => (string?)id));
        await using var carol = await EnterAsync("Carol", region: "south");
        await carol.ExpectAsync("unreachable");
        _south.Emit(_meeting, new RoomEvent { Type = RoomEventTypes.Unreachable, Participants = [] });
        await ann.ExpectAsync("unreachable", message => message["participantIds"]!.AsArray().Count == 0);
        await carol.ExpectAsync("unreachable", message => message["participantIds"]!.AsArray().Count == 0);
        Assert.Equal(2, ann.OfType("unreachable").Count);
        Assert.Empty(bob.OfType("unreachable"));
    }

    private static MeetingAssignment South(int participants = 0) => Assigned("default-aaaaa", 1, Origin, Ready, "south", participants);

    private static MeetingAssignment North(AssignmentState state = Ready, int participants = 0) => Assigned("default-bbbbb", 2, Edge, state, "north", participants);

    private static MeetingAssignment Assigned(string node, long generation, AssignmentRole role, AssignmentState state, string region, int participants) => new()
    {
        SfuNode = node,
        Namespace = TestCluster.Namespace,
        Generation = generation,
        Role = role,
        State = state,
        Region = region,
        Participants = participants,
        Deadline = state == Leaving ? DateTimeOffset.UtcNow.AddSeconds(30) : null,
    };

    private async Task AssignAsync(params MeetingAssignment[] assignments)
    {
        await _cluster.AssignAsync(_meeting, assignments);
        await Eventually.TrueAsync(
            () => _signaling.Service<Kubernetes.MeetingDirectory>().Find(_meeting)!.Assignments.Select(a => (a.Node, a.State, a.Participants)).SequenceEqual(
                assignments.Select(a => (a.SfuNode, a.State, a.Participants))),
            "signaling has the assignments");
    }

    private async Task<TestClient> EnterAsync(string name, string? region = null, bool moves = true)
    {
        var client = await TestClient.OpenAsync(await _signaling.JoinAsync(_meeting, name, region: region));
        await client.JoinAsync(move: moves);
        return client;
    }

    private int Count(SimulatedMediaNode node) => node.Rooms().TryGetValue(_meeting, out var room) ? room.Participants : 0;

    private async Task OnAsync(SimulatedMediaNode node, params TestClient[] clients)
    {
        foreach (var client in clients)
        {
            await Eventually.TrueAsync(
                () => node.Rooms().TryGetValue(_meeting, out var room) && room.ParticipantList!.Any(p => p.Participant == client.Id && p.Subscribing), $"{client.Id} uses {node.Name}");
        }
    }

    private Task<HttpResponseMessage> WhipAsync(JoinResponse camera) => _signaling.SendAsync(
        HttpMethod.Post,
        $"meetings/{_meeting}/whip",
        new StringContent(Sdp.Publish(), new MediaTypeHeaderValue("application/sdp")),
        camera.Ticket);
}
