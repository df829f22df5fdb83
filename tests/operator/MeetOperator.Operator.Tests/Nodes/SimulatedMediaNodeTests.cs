using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;

namespace MeetOperator.Operator.Tests.Nodes;

/// <summary>The simulated node conforms to docs/node-control.md, because other tests rely on it.</summary>
public sealed class SimulatedMediaNodeTests : IAsyncLifetime
{
    private const string Offer = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=sendonly\r\n";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TestAuthority _authority = new();
    private HttpClient _http = null!;
    private SimulatedMediaNode _node = null!;
    private NodeControlClient _client = null!;

    public async Task InitializeAsync()
    {
        _node = await SimulatedMediaNode.StartAsync("n1", _authority.Node("ns", "n1"));
        _http = _authority.HttpOf(ControlNames.OfNode("ns", "n1"));
        _client = _node.Client(_http);
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _http.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Call_CertificateOfAnotherAuthority_IsRejected()
    {
        using var other = new TestAuthority();
        using var http = TestAuthority.Http(TestAuthority.Read(other.Caller(ControlRole.Operator) with { Authorities = _authority.CertificatePem }));
        await ExpectRejectionAsync(HttpStatusCode.Unauthorized, "unauthorized", _node.Client(http).GetNodeAsync(None));
    }

    [Fact]
    public async Task Call_SignalingCertificate_HasNoOperatorRights()
    {
        using var http = _authority.Http(ControlRole.Signaling);
        await ExpectRejectionAsync(HttpStatusCode.Forbidden, "forbidden", _node.Client(http).GetNodeAsync(None));
    }

    [Fact]
    public async Task PutRoom_Repeated_IsIdempotentAndRejectsOlderGenerations()
    {
        await _client.PutRoomAsync("r", new RoomSpec { Generation = 2 }, None);
        Assert.Equal(3, (await _client.PutRoomAsync("r", new RoomSpec { Generation = 3 }, None)).Generation);

        await ExpectRejectionAsync(HttpStatusCode.Conflict, "stale-generation", _client.PutRoomAsync("r", new RoomSpec { Generation = 2 }, None));
        await ExpectRejectionAsync(HttpStatusCode.Conflict, "stale-generation", _client.DeleteRoomAsync("r", 2, None));
        Assert.Equal("r", Assert.Single((await _client.GetNodeAsync(None)).Rooms).Room);
    }

    [Fact]
    public async Task Drain_NewRoom_IsRejected()
    {
        await _client.PutRoomAsync("old", new RoomSpec { Generation = 1 }, None);
        await _client.DrainAsync(true, None);

        await ExpectRejectionAsync(HttpStatusCode.ServiceUnavailable, "draining", _client.PutRoomAsync("new", new RoomSpec { Generation = 1 }, None));
        await _client.PutRoomAsync("old", new RoomSpec { Generation = 1 }, None);
        Assert.Equal(NodeState.Draining, (await _client.GetNodeAsync(None)).State);

        await _client.DrainAsync(false, None);
        await _client.PutRoomAsync("new", new RoomSpec { Generation = 1 }, None);
    }

    [Fact]
    public async Task DeleteRoom_UnknownRoom_Succeeds() => await _client.DeleteRoomAsync("unknown-room", 1, None);

    [Fact]
    public Task GetRoom_UnknownRoom_IsRejected() => ExpectRejectionAsync(HttpStatusCode.NotFound, "unknown-room", _client.GetRoomAsync("unknown-room", None));

    [Fact]
    public async Task Publish_Subscribed_OffersAndAcceptsAnswerByRevision()
    {
        await _client.PutRoomAsync("r", new RoomSpec { Generation = 1 }, None);
        await _client.PutParticipantAsync("r", "ann", new ParticipantSpec { Generation = 1 }, None);
        await _client.PutParticipantAsync("r", "bob", new ParticipantSpec { Generation = 1 }, None);
        var empty = await _client.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, None);

        var answer = await _client.PublishAsync("r", "ann", new SdpOffer { Generation = 1, Sdp = Offer }, None);

        Assert.Contains("a=setup:passive", answer.Sdp, StringComparison.Ordinal);
        Assert.Contains("a=recvonly", answer.Sdp, StringComparison.Ordinal);
        await ExpectRejectionAsync(HttpStatusCode.Conflict, "stale-revision", _client.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = empty.Revision, Sdp = "v=0" }, None));
        await _client.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = empty.Revision + 1, Sdp = "v=0" }, None);
        var room = await _client.GetRoomAsync("r", None);
        Assert.Equal((2, 2), (room.Participants, room.UpTracks));
        Assert.Equal(["microphone", "camera"], room.ParticipantList!.Single(participant => participant.Participant == "ann").Tracks.Select(track => track.Source));
    }

    [Fact]
    public async Task Events_Subscribed_StartWithOffersAndEndWithRoom()
    {
        await _client.PutRoomAsync("r", new RoomSpec { Generation = 1 }, None);
        await _client.PutParticipantAsync("r", "bob", new ParticipantSpec { Generation = 1 }, None);
        await _client.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, None);
        var seen = new List<string>();
        await foreach (var roomEvent in _client.WatchRoomAsync("r", None))
        {
            seen.Add(roomEvent.Type);
            if (roomEvent.Type == RoomEventTypes.Ready)
            {
                await _client.DeleteParticipantAsync("r", "bob", None);
                await _client.DeleteRoomAsync("r", 1, None);
            }
        }

        Assert.Equal([RoomEventTypes.Offer, RoomEventTypes.Ready, RoomEventTypes.ParticipantLeft, RoomEventTypes.RoomEnded], seen);
    }

    [Fact]
    public async Task PutLink_BothEnds_AreUpWhileTheyFit()
    {
        await using var other = await SimulatedMediaNode.StartAsync("n2", _authority.Node("ns", "n2"));
        using var http = _authority.HttpOf(ControlNames.OfNode("ns", "n2"));
        var peer = other.Client(http);
        await _client.PutRoomAsync("r", new RoomSpec { Generation = 2 }, None);
        await peer.PutRoomAsync("r", new RoomSpec { Generation = 2 }, None);
        var opener = Spec(other, "n1", "n2", LinkEndRole.Opener, tag: 1, peerTag: 2);
        var acceptor = Spec(_node, "n2", "n1", LinkEndRole.Acceptor, tag: 2, peerTag: 1);

        Assert.Equal(LinkEndState.Opening, (await _client.PutLinkAsync("r", "l", opener, None)).State);
        Assert.Equal(LinkEndState.Opening, (await peer.PutLinkAsync("r", "l", acceptor with { Keys = [Key(2)] }, None)).State);
        Assert.Equal(LinkEndState.Up, (await peer.PutLinkAsync("r", "l", acceptor, None)).State);
        Assert.Equal((LinkEndState.Up, (ushort?)1), await StateAsync());

        await _client.PutLinkAsync("r", "l", opener with { Keys = [new LinkKey { Epoch = 1 }, Key(2)] }, None);
        await peer.PutLinkAsync("r", "l", acceptor with { Keys = [Key(2)] }, None);
        Assert.Equal((LinkEndState.Up, (ushort?)2), await StateAsync());

        _node.CutLinks("r");
        Assert.Equal((LinkEndState.Broken, (ushort?)2), await StateAsync());
        _node.CutLinks("r", cut: false);
        await peer.DeleteLinkAsync("r", "l", 2, None);
        Assert.Equal((LinkEndState.Broken, (ushort?)2), await StateAsync());
        await _client.DeleteRoomAsync("r", 2, None);
        Assert.Empty(_node.AllLinks);

        async Task<(LinkEndState State, ushort? Epoch)> StateAsync() => Assert.Single((await _client.GetRoomAsync("r", None)).Links) is var link ? (link.State, link.Epoch) : default;
    }

    [Fact]
    public async Task PutLink_Unfit_IsRejected()
    {
        var spec = Spec(_node, "n1", "n2", LinkEndRole.Opener, tag: 1, peerTag: 2);
        await ExpectRejectionAsync(HttpStatusCode.NotFound, "unknown-room", _client.PutLinkAsync("r", "l", spec, None));
        await _client.PutRoomAsync("r", new RoomSpec { Generation = 2 }, None);
        await _client.PutLinkAsync("r", "l", spec, None);

        await ExpectRejectionAsync(HttpStatusCode.Conflict, "stale-generation", _client.PutLinkAsync("r", "l", spec with { Generation = 1 }, None));
        await ExpectRejectionAsync(HttpStatusCode.Conflict, "stale-generation", _client.DeleteLinkAsync("r", "l", 1, None));
        await ExpectRejectionAsync(HttpStatusCode.BadRequest, "invalid-link", _client.PutLinkAsync("r", "l", spec with { Tag = 0 }, None));
        await ExpectRejectionAsync(HttpStatusCode.BadRequest, "invalid-link", _client.PutLinkAsync("r", "another", spec, None));
        _node.Term = 9;
        await ExpectRejectionAsync(HttpStatusCode.Conflict, "stale-term", _client.PutLinkAsync("r", "l", spec, None));
        await ExpectRejectionAsync(HttpStatusCode.Conflict, "stale-term", _client.DeleteLinkAsync("r", "l", 2, None));
        Assert.Equal(spec, Assert.Single(_node.AllLinks));
    }

    [Fact]
    public async Task PutLink_SignalingCertificate_IsRejected()
    {
        using var http = _authority.Http(ControlRole.Signaling);
        await ExpectRejectionAsync(HttpStatusCode.Forbidden, "forbidden", _node.Client(http).PutLinkAsync("r", "l", Spec(_node, "n1", "n2", LinkEndRole.Opener, 1, 2), None));
    }

    [Fact]
    public async Task Die_RunningNode_RejectsConnections()
    {
        await _node.DieAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetNodeAsync(None));
    }

    private static LinkSpec Spec(SimulatedMediaNode reached, string node, string peer, LinkEndRole role, uint tag, uint peerTag) => new()
    {
        Generation = 2,
        Role = role,
        Node = $"ns/{node}",
        Peer = $"ns/{peer}",
        PeerGeneration = 2,
        Addresses = [reached.MediaAddress],
        Tag = tag,
        PeerTag = peerTag,
        Keys = [Key(1)],
    };

    private static LinkKey Key(byte epoch) => new() { Epoch = epoch, Secret = Convert.ToBase64String([.. Enumerable.Repeat(epoch, LinkKey.SecretBytes)]) };

    private static async Task ExpectRejectionAsync(HttpStatusCode status, string code, Task call)
    {
        var rejection = await Assert.ThrowsAsync<NodeControlException>(() => call);
        Assert.Equal((status, code), (rejection.Status, rejection.Code));
    }
}
