using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>A meeting moves from one media node to another while both have it. Bob is a participant whose tracks both nodes have, as through a link.</summary>
public abstract class MoveTestBase : IAsyncLifetime
{
    private protected const string Bob = "bob";

    private protected TestCluster cluster { get; private set; } = null!;

    private protected SimulatedMediaNode node { get; private set; } = null!;

    private protected SimulatedMediaNode next { get; private set; } = null!;

    private protected TestSignaling signaling { get; private set; } = null!;

    private protected CreateMeetingResponse created { get; private set; } = null!;

    private protected string meeting { get; private set; } = null!;

    private protected HoldableTime time { get; } = new();

    public async Task InitializeAsync()
    {
        cluster = await TestCluster.StartAsync();
        node = await cluster.AddNodeAsync("default-aaaaa");
        signaling = await TestSignaling.StartAsync(
            cluster, options => options with { Timings = options.Timings with { TickInterval = TimeSpan.FromMilliseconds(300) } }, time: time);
        created = await signaling.CreateAsync();
        meeting = created.MeetingId;
        await using var first = await EnterAsync("First");
        next = await cluster.AddNodeAsync("default-bbbbb");
        node.AddTracks(meeting, Bob, Sdp.Publish());
        await first.ExpectAsync("offer");
        await first.SendAsync(new { type = "leave" });
        await first.ExpectCloseAsync();
    }

    public async Task DisposeAsync()
    {
        await signaling.DisposeAsync();
        await cluster.DisposeAsync();
    }

    private protected static TrackDescription Camera => new() { ParticipantId = Bob, Kind = "video", Source = "camera" };

    private protected static MeetingAssignment Assigned(string node, long generation, AssignmentState state, AssignmentRole role = Origin, TimeSpan? left = null) => new()
    {
        SfuNode = node,
        Namespace = TestCluster.Namespace,
        Role = role,
        State = state,
        Generation = generation,
        Deadline = state == Leaving ? DateTimeOffset.UtcNow + (left ?? TimeSpan.FromSeconds(60)) : null,
    };

    private protected static Task AnswerAsync(TestClient client, JsonObject offer) =>
        client.SendAsync(new { type = "answer", to = "sfu", sdp = Sdp.Answer(), revision = (int)offer["revision"]!, sessionId = (string?)offer["sessionId"] });

    /// <summary>The operator has prepared the next node, and participants are to leave the present one.</summary>
    private protected async Task LeaveAsync(TimeSpan? left = null)
    {
        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Leaving, Edge, left), Assigned("default-bbbbb", 2, Ready));
        if (!next.Read(meeting, r => r.Participants.ContainsKey(Bob)))
        {
            next.AddTracks(meeting, Bob, Sdp.Publish());
        }
    }

    private protected async Task<TestClient> EnterAsync(string name, bool moves = true)
    {
        var client = await TestClient.OpenAsync(await signaling.JoinAsync(meeting, name));
        await client.JoinAsync(move: moves);
        return client;
    }

    /// <summary>A client that knows moves, with both connections.</summary>
    private protected async Task<TestClient> PublishingAsync(string name)
    {
        var client = await EnterAsync(name);
        await AnswerAsync(client, await OfferOfAsync(client, node));
        await client.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await client.ExpectAsync("answer");
        return client;
    }

    /// <summary>What the client does when it is told to move: publishes on the next node, and answers its offer.</summary>
    private protected async Task PublishAgainAsync(TestClient client, SimulatedMediaNode node)
    {
        await client.ExpectAsync("media-move");
        await AnswerAsync(client, await OfferOfAsync(client, node));
        await client.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("2"), restart = true });
        await Eventually.TrueAsync(() => PublishSession(node, client) is not null, "the client publishes on the next node");
    }

    private protected async Task CloseAndLeaveAsync(TestClient client, SimulatedMediaNode node)
    {
        node.CloseSession(meeting, client.Id, "publish");
        node.CloseSession(meeting, client.Id, "subscribe");
        await Eventually.TrueAsync(() => !IsOn(node, client), "the former node is left");
    }

    private protected Task<HttpResponseMessage> WhipAsync(JoinResponse camera) => signaling.SendAsync(
        HttpMethod.Post, $"meetings/{meeting}/whip", new StringContent(Sdp.Publish(), new System.Net.Http.Headers.MediaTypeHeaderValue("application/sdp")), bearer: camera.Ticket);

    /// <summary>Waits for an offer of the node's session with the client.</summary>
    private protected Task<JsonObject> OfferOfAsync(TestClient client, SimulatedMediaNode node) =>
        client.ExpectAsync("offer", m => IsOn(node, client) && (string?)m["sessionId"] == Session(node, client));

    private protected bool IsOn(SimulatedMediaNode node, TestClient client) => node.Rooms().ContainsKey(meeting) && node.Read(meeting, r => r.Participants.ContainsKey(client.Id));

    private protected string? Session(SimulatedMediaNode node, TestClient client) => node.Read(meeting, r => r.Participants.TryGetValue(client.Id, out var known) ? known.SubscribeSession : null);

    private protected string? PublishSession(SimulatedMediaNode node, TestClient client) => node.Read(meeting, r => r.Participants.TryGetValue(client.Id, out var known) ? known.PublishSession : null);

    private protected int Answered(SimulatedMediaNode node, TestClient client) => node.Read(meeting, r => r.Participants[client.Id].AnsweredRevision);
}
