using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>One meeting on a media node of this version and one of an earlier version, as during a rollout.</summary>
public sealed class MixedVersionTests : IAsyncLifetime
{
    private const string Room = "r";
    private const string Link = "link-1";
    private readonly List<SyntheticPeer> _peers = [];
    private TestNode _current = null!;

    public async Task InitializeAsync() => _current = await TestNode.StartAsync();

    public async Task DisposeAsync()
    {
        _peers.ForEach(peer => peer.Dispose());
        await _current.DisposeAsync();
    }

    /// <summary>Either version opens the link, and either publishes first; the participant then moves to the other one.</summary>
    [PreviousVersionTheory]
    [InlineData(LinkEndRole.Opener, true)]
    [InlineData(LinkEndRole.Opener, false)]
    [InlineData(LinkEndRole.Acceptor, true)]
    [InlineData(LinkEndRole.Acceptor, false)]
    public async Task Move_BetweenTwoVersions_SubscribersOnBothReceiveThroughout(LinkEndRole roleOfCurrent, bool publishesOnCurrent)
    {
        await using var previous = await PreviousVersion.StartAsync();
        await OpenLinkAsync(previous.Control, roleOfCurrent);
        var (first, second) = publishesOnCurrent ? (_current.Control, previous.Control) : (previous.Control, _current.Control);

        var alice = await PublishAsync(first);
        var listeners = new[]
        {
            await SubscribeAsync(_current.Control, "bob"),
            await SubscribeAsync(_current.Control, "carol", new SlotCounts { Audio = 3, Video = 4 }),
            await SubscribeAsync(previous.Control, "dave"),
            await SubscribeAsync(previous.Control, "erin", new SlotCounts { Audio = 3, Video = 4 }),
        };
        await UntilReceivedAsync(alice, 1, listeners);

        var moved = await PublishAsync(second);
        await UntilReceivedAsync(moved, 2, listeners);
        await first.DeleteParticipantAsync(Room, "alice", default);
        foreach (var listener in listeners)
        {
            listener.Rtp.Clear();
        }

        await UntilReceivedAsync(moved, 3, listeners);
    }

    private async Task OpenLinkAsync(NodeControlClient previous, LinkEndRole roleOfCurrent)
    {
        foreach (var control in new[] { _current.Control, previous })
        {
            await control.PutRoomAsync(Room, new RoomSpec { Generation = 1 }, default);
        }

        var roleOfPrevious = roleOfCurrent == LinkEndRole.Opener ? LinkEndRole.Acceptor : LinkEndRole.Opener;
        await PutLinkAsync(_current.Control, "ns/current", previous, "ns/previous", roleOfCurrent, tag: 1);
        await PutLinkAsync(previous, "ns/previous", _current.Control, "ns/current", roleOfPrevious, tag: 2);
        await LinkedLoops.UntilAsync("the link is up", async () => await IsUpAsync(_current.Control) && await IsUpAsync(previous));
    }

    private static async Task PutLinkAsync(NodeControlClient control, string node, NodeControlClient peer, string peerNode, LinkEndRole role, uint tag) =>
        await control.PutLinkAsync(
            Room,
            Link,
            new LinkSpec
            {
                Generation = 1,
                Role = role,
                Node = node,
                Peer = peerNode,
                PeerGeneration = 1,
                Addresses = [$"127.0.0.1:{(await peer.GetRoomAsync(Room, default)).Port}"],
                Tag = tag,
                PeerTag = 3 - tag,
                Keys = [new LinkKey { Epoch = 1, Secret = Convert.ToBase64String(new byte[LinkKey.SecretBytes]) }],
            },
            default);

    private static async Task<bool> IsUpAsync(NodeControlClient control) => (await control.GetRoomAsync(Room, default)).Links is [{ State: LinkEndState.Up }];

    private async Task<SyntheticPeer> PublishAsync(NodeControlClient control)
    {
        var peer = Create();
        var answer = await control.PublishAsync(Room, "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("alice is connected", () => peer.IsConnected, [.. _peers]);
        return peer;
    }

    private async Task<SyntheticPeer> SubscribeAsync(NodeControlClient control, string name, SlotCounts? slots = null)
    {
        var peer = Create();
        SubscribeOffer? offer = null;
        await LinkedLoops.UntilAsync("alice's tracks are offered", async () =>
        {
            offer = await control.SubscribeAsync(Room, name, new SubscribeRequest { Generation = 1, Slots = slots }, default);
            return slots is not null || offer.Tracks.Count == 2;
        });
        await control.AnswerAsync(Room, name, new SubscribeAnswer { Revision = offer!.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} is connected", () => peer.IsConnected, [.. _peers]);
        return peer;
    }

    private Task UntilReceivedAsync(SyntheticPeer publisher, byte mark, params SyntheticPeer[] subscribers) => SyntheticPeer.UntilAsync(
        $"sound and pictures with mark {mark}",
        () => Send(publisher, mark) && subscribers.All(subscriber => Count(subscriber, 96, mark) >= 3 && Count(subscriber, 111, mark) >= 3),
        [.. _peers]);

    private static int Count(SyntheticPeer subscriber, byte payloadType, byte mark) =>
        subscriber.Rtp.Count(packet => packet[^1] == mark && RtpHeader.TryParse(packet, out var header) && header.PayloadType == payloadType);

    private static bool Send(SyntheticPeer publisher, byte mark)
    {
        publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, mark]);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, mark], marker: true); // a key frame
        return true;
    }

    private SyntheticPeer Create()
    {
        _peers.Add(new SyntheticPeer());
        return _peers[^1];
    }
}
