using System.Text;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>Slots between a client and its media node.</summary>
public sealed class SlotsTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TestSignaling _signaling = null!;
    private string _meeting = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster);
        _meeting = (await _signaling.CreateAsync()).MeetingId;
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Join_WithSlots_AsksNodeForThem()
    {
        await using var ann = await EnterAsync("Ann");
        await using var old = await _signaling.EnterAsync(_meeting, "Old");

        await SubscribedAsync(ann);
        await SubscribedAsync(old);
        Assert.Equal(new SlotCounts { Audio = 6, Video = 28 }, _node.Read(_meeting, r => r.Participants[ann.Id].RequestedSlots));
        Assert.Null(_node.Read(_meeting, r => r.Participants[old.Id].RequestedSlots));
        Assert.True((bool)Assert.Single(ann.OfType("joined"))["capabilities"]!["slots"]!);
    }

    [Fact]
    public async Task SlotsEvent_OfNode_ReachesItsClientOnceAndInOrder()
    {
        await using var ann = await EnterAsync("Ann");
        await using var bob = await EnterAsync("Bob");
        var session = await SubscribedAsync(ann);
        await SubscribedAsync(bob);

        Emit(ann, session, 2, "p-7");
        Emit(ann, session, 1, "p-6"); // older than what the client knows
        Emit(ann, "another-session", 3, "p-5");
        Emit(ann, session, 4, "p-4");

        await Eventually.TrueAsync(() => Task.FromResult(ann.OfType("slots").Count() == 2), "two messages arrive");
        Assert.Equal([2, 4], ann.OfType("slots").Select(m => (int)m["version"]!));
        Assert.Equal(["p-7", "p-4"], ann.OfType("slots").Select(m => (string)m["slots"]![0]!["participantId"]!));
        Assert.Empty(bob.OfType("slots"));
    }

    [Fact]
    public async Task Slots_ConfirmedByClient_ReachNodeOnce()
    {
        await using var ann = await EnterAsync("Ann");
        await using var bob = await EnterAsync("Bob");
        var (session, bobs) = (await SubscribedAsync(ann), await SubscribedAsync(bob));
        await ShowAsync(ann, session, 3);
        await ShowAsync(bob, bobs, 3);

        await ConfirmAsync(ann, session, 3);
        await ConfirmAsync(ann, session, 3);
        await ConfirmAsync(ann, session, 2);
        await ShowAsync(ann, session, 4);

        // What was not sent was not applied, and the session of another participant is none of its business.
        await ConfirmAsync(bob, session, 4);
        await ConfirmAsync(bob, bobs, 1_000);
        await ConfirmAsync(bob, bobs, 3);
        await ConfirmAsync(ann, session, 4);

        await Eventually.TrueAsync(() => Task.FromResult(Confirmed(ann).LastOrDefault() == 4 && Confirmed(bob).Count > 0), "the confirmations reach the node");
        Assert.Equal([3, 4], Confirmed(ann));
        Assert.Equal([3], Confirmed(bob));
        Assert.Empty(ann.OfType("error"));
    }

    /// <summary>The node gives a slot away only after it is confirmed, and a client confirms once.</summary>
    [Fact]
    public async Task Slots_NodeFailsToTakeConfirmation_ItIsRepeated()
    {
        await using var ann = await EnterAsync("Ann");
        var session = await SubscribedAsync(ann);
        await ShowAsync(ann, session, 3);
        _node.RejectsConfirmations = true;

        await ConfirmAsync(ann, session, 3);
        await Eventually.TrueAsync(() => Task.FromResult(_node.RejectedConfirmations > 0), "the node fails");
        _node.RejectsConfirmations = false;

        await Eventually.TrueAsync(() => Task.FromResult(Confirmed(ann) is [3]), "the confirmation reaches the node");
        Assert.Empty(ann.OfType("error"));
    }

    [Theory]
    [InlineData("""{"type":"slots","sessionId":"s","version":-1}""")]
    [InlineData("""{"type":"slots","sessionId":"s"}""")]
    [InlineData("""{"type":"slots","version":1}""")]
    public void Slots_Malformed_IsRejected(string text)
    {
        Assert.False(ClientMessage.TryParse(Encoding.UTF8.GetBytes(text), out _, out var error));
        Assert.Equal(ErrorCode.BadMessage, error!.Code);
    }

    /// <summary>During an upgrade, media nodes of the earlier version are still in use. They do not know the request.</summary>
    [Fact]
    public async Task Slots_NodeOfEarlierVersion_CausesNoError()
    {
        _node.KnowsViews = false;
        await using var ann = await EnterAsync("Ann");
        var session = await SubscribedAsync(ann);
        await ShowAsync(ann, session, 3);

        await ConfirmAsync(ann, session, 3);
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });

        await ann.ExpectAsync("answer");
        Assert.Empty(ann.OfType("error"));
    }

    private static Task ConfirmAsync(TestClient client, string session, int version) => client.SendAsync(new { type = "slots", sessionId = session, version });

    private IReadOnlyList<int> Confirmed(TestClient client) => _node.Read(_meeting, r => r.Participants[client.Id].Confirmations.Select(c => c.Version).ToArray());

    /// <summary>Sends a client an assignment of its slots.</summary>
    private async Task ShowAsync(TestClient client, string session, int version)
    {
        Emit(client, session, version, "p-7");
        await Eventually.TrueAsync(() => Task.FromResult(client.OfType("slots").Any(m => (int)m["version"]! == version)), "the slots arrive");
    }

    private async Task<TestClient> EnterAsync(string name)
    {
        var client = await TestClient.OpenAsync(await _signaling.JoinAsync(_meeting, name));
        await client.SendAsync(new { type = "join", participantId = client.Id, capabilities = new { slots = true } });
        await client.ExpectAsync("joined");
        return client;
    }

    /// <summary>Waits for the subscribe session of a client and returns its ID.</summary>
    private async Task<string> SubscribedAsync(TestClient client)
    {
        string? session = null;
        await Eventually.TrueAsync(
            () => Task.FromResult((session = _node.Read(_meeting, r => r.Participants.GetValueOrDefault(client.Id)?.SubscribeSession)) is not null), "the client subscribes");
        return session!;
    }

    private void Emit(TestClient client, string session, int version, string participant) => _node.Emit(_meeting, new RoomEvent
    {
        Type = RoomEventTypes.Slots,
        ParticipantId = client.Id,
        SessionId = session,
        SlotsVersion = version,
        Tracks = [new TrackDescription { Mid = "7", ParticipantId = participant, Kind = "video", Source = "camera" }],
    });
}
