using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The operator opens, changes and closes the ends of a link over the control API of two media nodes.</summary>
public sealed class LinkControlTests : IAsyncLifetime
{
    private const string Room = "r";
    private const string Link = "link-1";
    private TestNode _left = null!;
    private TestNode _right = null!;

    public async Task InitializeAsync()
    {
        (_left, _right) = (await TestNode.StartAsync(), await TestNode.StartAsync());
        await _left.Control.PutRoomAsync(Room, new RoomSpec { Generation = 1 }, default);
        await _right.Control.PutRoomAsync(Room, new RoomSpec { Generation = 2 }, default);
    }

    public async Task DisposeAsync()
    {
        await _left.DisposeAsync();
        await _right.DisposeAsync();
    }

    [Fact]
    public async Task PutLink_BothEnds_AreReportedUpAndRenewedWithoutTheFormerSecret()
    {
        var created = await _left.Control.PutLinkAsync(Room, Link, Left, default);
        Assert.Equal((Link, "ns/right", 1u, 2u, LinkEndState.Opening), (created.Link, created.Peer, created.Tag, created.PeerTag, created.State));
        await _right.Control.PutLinkAsync(Room, Link, Right, default);
        await UntilAsync(LinkEndState.Up, epoch: 1);

        LinkKey[] keys = [new LinkKey { Epoch = 1 }, Key(2)];
        Assert.Equal(LinkEndState.Up, (await _left.Control.PutLinkAsync(Room, Link, Left with { Keys = keys }, default)).State);
        await _right.Control.PutLinkAsync(Room, Link, Right with { Keys = keys }, default);
        await UntilAsync(LinkEndState.Up, epoch: 2);

        // The former secret is removed, and the link stays up.
        await _left.Control.PutLinkAsync(Room, Link, Left with { Keys = [Key(2)] }, default);
        var report = await _right.Control.PutLinkAsync(Room, Link, Right with { Keys = [Key(2)] }, default);
        Assert.Equal((LinkEndState.Up, (ushort?)2), (report.State, report.Epoch));
    }

    [Fact]
    public async Task DeleteLink_OneEnd_OtherEndIsBrokenAndOpensAgain()
    {
        await _left.Control.PutLinkAsync(Room, Link, Left, default);
        await _right.Control.PutLinkAsync(Room, Link, Right, default);
        await UntilAsync(LinkEndState.Up, epoch: 1);

        await _right.Control.DeleteLinkAsync(Room, Link, 2, default);
        Assert.Empty((await _right.Control.GetRoomAsync(Room, default)).Links);
        await LinkedLoops.UntilAsync("the other end notices", async () => await LinkOfAsync(_left) is { State: LinkEndState.Broken, Epoch: null });
        await _right.Control.DeleteLinkAsync(Room, Link, 2, default);
        await _right.Control.DeleteLinkAsync("unknown", Link, 2, default);

        await _right.Control.PutLinkAsync(Room, Link, Right, default);
        await UntilAsync(LinkEndState.Up, epoch: 1);
    }

    [Fact]
    public async Task Link_InterruptedForLong_EventNamesWhoCannotBeReached()
    {
        using var peer = new SyntheticPeer();
        await using var events = await RoomEvents.OpenAsync(_left.Control, Room);
        await _left.Control.PutLinkAsync(Room, Link, Left, default);
        await _right.Control.PutLinkAsync(Room, Link, Right, default);
        await UntilAsync(LinkEndState.Up, epoch: 1);
        peer.Connect((await _right.Control.PublishAsync(Room, "alice", new SdpOffer { Generation = 2, Sdp = TestSdp.Publish(peer) }, default)).Sdp);
        await LinkedLoops.UntilAsync("alice's tracks are known", () => _left.Host.Rooms.RunAsync(Room, room => room.Tracks.For("bob").Count == 2, default));

        await _right.Control.DeleteLinkAsync(Room, Link, 2, default);
        await events.UntilAsync("alice cannot be reached", e => e.Last(RoomEventTypes.Unreachable)?.Participants is ["alice"]);
        await using (var late = await RoomEvents.OpenAsync(_left.Control, Room))
        {
            Assert.Equal(["alice"], late.Last(RoomEventTypes.Unreachable)!.Participants!);
        }

        await _right.Control.PutLinkAsync(Room, Link, Right, default);
        await events.UntilAsync("alice can be reached", e => e.Last(RoomEventTypes.Unreachable)?.Participants is []);
    }

    /// <summary>The operator replaces the link before the interruption is over, and the other end has not got the new one yet.</summary>
    [Fact]
    public async Task Link_ReplacedDuringAnInterruption_StillNamesWhoCannotBeReached()
    {
        using var alice = new SyntheticPeer();
        await using var events = await RoomEvents.OpenAsync(_left.Control, Room);
        await OpenAsync();
        await PublishAsync(alice);
        await _right.Control.DeleteLinkAsync(Room, Link, 2, default);
        await events.UntilAsync("alice cannot be reached", e => e.Last(RoomEventTypes.Unreachable)?.Participants is ["alice"]);

        await _left.Control.PutLinkAsync(Room, Link, Left with { Tag = 11 }, default);
        await using (var late = await RoomEvents.OpenAsync(_left.Control, Room))
        {
            Assert.Equal(["alice"], late.Last(RoomEventTypes.Unreachable)!.Participants!);
        }

        Assert.Equal(LinkEndState.Opening, (await LinkOfAsync(_left)).State);
        await _right.Control.PutLinkAsync(Room, Link, Right with { PeerTag = 11 }, default);
        await events.UntilAsync("alice can be reached", e => e.Last(RoomEventTypes.Unreachable)?.Participants is []);
        Assert.Equal([[], ["alice"], []], events.All.Where(e => e.Type == RoomEventTypes.Unreachable).Select(e => e.Participants!));
    }

    [Fact]
    public async Task GetRoom_LinkWithTraffic_ReportsRoundTripLossAndBothRates()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer();
        using var path = new UdpForwarder(_left.Host.Loops[0].Port) { LosesMediaEvery = 4 };
        await OpenAsync(Right with { Addresses = [path.Address.ToString()] });
        await PublishAsync(alice);
        await SubscribeAsync(bob, alice);

        var (left, right) = (await LinkOfAsync(_left), await LinkOfAsync(_right));
        await SendUntilAsync("media crosses for a while", alice, bob, async () =>
        {
            (left, right) = (await LinkOfAsync(_left), await LinkOfAsync(_right));
            return left.KbpsIn > 100 && right is { KbpsOut: > 100, LossPct: > 0 };
        });

        Assert.All([left, right], end => Assert.InRange(end.RttMs ?? 0, 0.001, 1_000));
        Assert.InRange(right.LossPct ?? 0, 5, 40);
        Assert.Equal(0, left.LossPct);
        Assert.True(left.KbpsIn > 4 * left.KbpsOut, $"in {left.KbpsIn}, out {left.KbpsOut}");
        Assert.True(right.KbpsOut > 4 * right.KbpsIn, $"in {right.KbpsIn}, out {right.KbpsOut}");
        Assert.Equal((2, 0, 0, 2), (left.TracksIn, left.TracksOut, right.TracksIn, right.TracksOut));
    }

    [Fact]
    public async Task PutLink_MaxKbps_HoldsBackVideoUntilTheLimitIsRaisedOrRemoved()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer();
        await OpenAsync(Right with { MaxKbps = 40 });
        await PublishAsync(alice);
        await SubscribeAsync(bob, alice);
        await OnlySoundAsync();

        await LimitAsync(5_000);
        await SoundAndVideoAsync();
        await LimitAsync(40);
        await OnlySoundAsync();
        await LimitAsync(null);
        await SoundAndVideoAsync();

        async Task LimitAsync(int? kbps) =>
            Assert.Equal((LinkEndState.Up, 2u), await _right.Control.PutLinkAsync(Room, Link, Right with { MaxKbps = kbps }, default) is var changed ? (changed.State, changed.Tag) : default);

        Task SoundAndVideoAsync()
        {
            var (audio, video) = (Count(111), Count(96));
            return SendUntilAsync("sound and video", alice, bob, () => Task.FromResult(Count(111) >= audio + 20 && Count(96) >= video + 20));
        }

        // What the node measures of a layer is about a second old.
        async Task OnlySoundAsync()
        {
            var (audio, video) = (Count(111), Count(96));
            await SendUntilAsync("sound without video", alice, bob, () =>
            {
                (audio, video) = Count(96) > video ? (Count(111), Count(96)) : (audio, video);
                return Task.FromResult(Count(111) >= audio + 50);
            });
        }

        int Count(byte payloadType) => bob.Rtp.Count(packet => (packet[1] & 0x7F) == payloadType);
    }

    [Fact]
    public async Task PutLink_OtherTag_OpensANewLink()
    {
        await _left.Control.PutLinkAsync(Room, Link, Left, default);
        await _right.Control.PutLinkAsync(Room, Link, Right, default);
        await UntilAsync(LinkEndState.Up, epoch: 1);

        var changed = await _left.Control.PutLinkAsync(Room, Link, Left with { Tag = 11 }, default);
        Assert.Equal((11u, LinkEndState.Opening), (changed.Tag, changed.State));
        await _right.Control.PutLinkAsync(Room, Link, Right with { PeerTag = 11 }, default);
        await UntilAsync(LinkEndState.Up, epoch: 1);
    }

    [Fact]
    public async Task PutLink_BadSpec_IsRejectedWithTheField()
    {
        await AssertProblemAsync(HttpStatusCode.BadRequest, "invalid-link", "tag must not be 0", Left with { Tag = 0 });
        await AssertProblemAsync(HttpStatusCode.BadRequest, "invalid-link", "maxKbps must be", Left with { MaxKbps = 0 });
        await AssertProblemAsync(HttpStatusCode.BadRequest, "invalid-link", "addresses has none", Left with { Addresses = ["[fd00::7]:43000"] });
        await AssertProblemAsync(HttpStatusCode.Conflict, "stale-generation", "Generation 0 is older", Left with { Generation = 0 });
        await AssertProblemAsync(HttpStatusCode.NotFound, "unknown-room", "'other'", Left, room: "other");
        Assert.Empty((await _left.Control.GetRoomAsync(Room, default)).Links);

        await _left.Control.PutLinkAsync(Room, Link, Left, default);
        await AssertProblemAsync(HttpStatusCode.BadRequest, "invalid-link", "tag 1 belongs to another link", Left, link: "link-2");
    }

    [Fact]
    public async Task PutLink_MoreThanSeven_IsRejected()
    {
        for (uint i = 1; i <= 7; i++)
        {
            await _left.Control.PutLinkAsync(Room, $"link-{i}", Left with { Tag = 10 + i }, default);
        }

        await AssertProblemAsync(HttpStatusCode.TooManyRequests, "too-many-links", "7 links", Left with { Tag = 20 }, link: "link-8");
        await _left.Control.DeleteLinkAsync(Room, "link-3", 1, default);
        await _left.Control.PutLinkAsync(Room, "link-8", Left with { Tag = 20 }, default);
        Assert.Equal(7, (await _left.Control.GetRoomAsync(Room, default)).Links.Count);
    }

    [Fact]
    public async Task PutLink_OlderTerm_IsRejectedAndHasNoEffect()
    {
        Assert.Equal(HttpStatusCode.Created, await SendAsync(HttpMethod.Put, Left, term: 8));

        Assert.Equal(HttpStatusCode.Conflict, await SendAsync(HttpMethod.Put, Left with { Tag = 99 }, term: 7));
        Assert.Equal(HttpStatusCode.Conflict, await SendAsync(HttpMethod.Delete, null, term: 7));
        Assert.Equal(1u, (await LinkOfAsync(_left)).Tag);
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Delete, null, term: 8));
    }

    [Fact]
    public async Task GetRoom_WithLink_HasNoSecret()
    {
        await _left.Control.PutLinkAsync(Room, Link, Left, default);

        foreach (var path in new[] { "v1/rooms/r", "v1/node", "metrics" })
        {
            var text = await _left.Http.GetStringAsync(new Uri(_left.Address, path));
            Assert.DoesNotContain(Key(1).Secret!, text, StringComparison.Ordinal);
        }
    }

    /// <summary>What the operator needs for the addresses of a link.</summary>
    [Fact]
    public async Task GetNode_WithRoom_HasTheMediaAddressesAndThePort()
    {
        using var report = JsonDocument.Parse(await _left.Http.GetStringAsync(new Uri(_left.Address, "v1/node")));

        Assert.Equal("127.0.0.1", report.RootElement.GetProperty("mediaAddresses")[0].GetString());
        Assert.Equal(_left.Host.Loops[0].Port, (await _left.Control.GetRoomAsync(Room, default)).Port);
    }

    private LinkSpec Left => new()
    {
        Generation = 1,
        Role = LinkEndRole.Opener,
        Node = "ns/left",
        Peer = "ns/right",
        PeerGeneration = 2,
        Addresses = [$"127.0.0.1:{_right.Host.Loops[0].Port}"],
        Tag = 1,
        PeerTag = 2,
        Keys = [Key(1)],
    };

    private LinkSpec Right => new()
    {
        Generation = 2,
        Role = LinkEndRole.Acceptor,
        Node = "ns/right",
        Peer = "ns/left",
        PeerGeneration = 1,
        Addresses = [$"127.0.0.1:{_left.Host.Loops[0].Port}"],
        Tag = 2,
        PeerTag = 1,
        Keys = [Key(1)],
    };

    /// <summary>Opens the link, with another spec than usual for the right end if the test has one.</summary>
    private async Task OpenAsync(LinkSpec? right = null)
    {
        await _left.Control.PutLinkAsync(Room, Link, Left, default);
        await _right.Control.PutLinkAsync(Room, Link, right ?? Right, default);
        await UntilAsync(LinkEndState.Up, epoch: 1);
    }

    /// <summary>Alice publishes on the right node, and the left one knows her tracks.</summary>
    private async Task PublishAsync(SyntheticPeer alice)
    {
        alice.Connect((await _right.Control.PublishAsync(Room, "alice", new SdpOffer { Generation = 2, Sdp = TestSdp.Publish(alice) }, default)).Sdp);
        await LinkedLoops.UntilAsync("alice's tracks are known", () => _left.Host.Rooms.RunAsync(Room, room => room.Tracks.For("bob").Count == 2, default));
    }

    /// <summary>Bob subscribes on the left node.</summary>
    private async Task SubscribeAsync(SyntheticPeer bob, SyntheticPeer alice)
    {
        var offer = await _left.Control.SubscribeAsync(Room, "bob", new SubscribeRequest { Generation = 1 }, default);
        await _left.Control.AnswerAsync(Room, "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);
        bob.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("both connected", () => alice.IsConnected && bob.IsConnected, alice, bob);
    }

    /// <summary>Alice sends a packet of sound and a key frame every 20 ms: about 450 kbit/s.</summary>
    private static Task SendUntilAsync(string what, SyntheticPeer alice, SyntheticPeer bob, Func<Task<bool>> condition)
    {
        var (clock, sent) = (Stopwatch.StartNew(), 0);
        byte[] frame = [0x10, 0x00, .. new byte[1_100]];
        return SyntheticPeer.UntilTrueAsync(
            what,
            () =>
            {
                if (clock.ElapsedMilliseconds < 20 * sent)
                {
                    return Task.FromResult(false);
                }

                sent = (int)(clock.ElapsedMilliseconds / 20) + 1;
                alice.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 3]);
                alice.SendRtp(TestSdp.VideoSsrc, 96, 0, frame, marker: true);
                return condition();
            },
            alice, bob);
    }

    private static LinkKey Key(ushort epoch) => new() { Epoch = epoch, Secret = Convert.ToBase64String(Enumerable.Repeat((byte)(0xC0 + epoch), LinkKey.SecretBytes).ToArray()) };

    private static async Task<LinkReport> LinkOfAsync(TestNode node) => Assert.Single((await node.Control.GetRoomAsync(Room, default)).Links);

    private Task UntilAsync(LinkEndState state, ushort epoch) => LinkedLoops.UntilAsync($"both ends are {state} with epoch {epoch}", async () =>
    {
        var (left, right) = (await LinkOfAsync(_left), await LinkOfAsync(_right));
        return (left.State, left.Epoch, right.State, right.Epoch) == (state, epoch, state, epoch);
    });

    private async Task AssertProblemAsync(HttpStatusCode status, string code, string detail, LinkSpec spec, string link = Link, string room = Room)
    {
        var problem = await Assert.ThrowsAsync<NodeControlException>(() => _left.Control.PutLinkAsync(room, link, spec, default));
        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.Contains(detail, problem.Message, StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> SendAsync(HttpMethod method, LinkSpec? spec, long term)
    {
        using var request = new HttpRequestMessage(method, new Uri(_left.Address, $"v1/rooms/{Room}/links/{Link}{(spec is null ? "?generation=1" : string.Empty)}"));
        request.Content = spec is null ? null : JsonContent.Create(spec, options: NodeControlJson.Options);
        request.Headers.Add(TermHeader.Name, $"{term}");
        using var answer = await _left.Http.SendAsync(request);
        return answer.StatusCode;
    }
}
