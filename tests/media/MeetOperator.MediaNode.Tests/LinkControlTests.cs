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
