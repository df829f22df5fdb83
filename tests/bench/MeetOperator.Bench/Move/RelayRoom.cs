using System.Diagnostics;
using MeetOperator.Bench.Media;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Bench.Move;

/// <summary>A room on two media nodes with a link: cameras on the first, and viewers on either.</summary>
internal sealed class RelayRoom(string name, BenchNode first, BenchNode second) : IDisposable
{
    /// <summary>Bytes of RTP payload in each packet.</summary>
    private const int Bytes = 1_088;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly List<Camera> _cameras = [];
    private readonly List<BenchPeer> _viewers = [];

    private IEnumerable<BenchPeer> All => _cameras.Select(camera => camera.Peer).Concat(_viewers);

    /// <summary>Opens the room on both nodes, and the link between them.</summary>
    /// <param name="tag">Identifies the link, together with the number after it.</param>
    public async Task LinkAsync(uint tag)
    {
        await first.Control.PutRoomAsync(name, new RoomSpec { Generation = 1 }, default).ConfigureAwait(false);
        await second.Control.PutRoomAsync(name, new RoomSpec { Generation = 2 }, default).ConfigureAwait(false);
        LinkKey[] keys = [new LinkKey { Epoch = 1, Secret = Convert.ToBase64String([.. Enumerable.Repeat((byte)tag, 32)]) }];
        var end = new LinkSpec
        {
            Role = LinkEndRole.Opener, Generation = 1, PeerGeneration = 2, Node = "bench/first", Peer = "bench/second", Tag = tag, PeerTag = tag + 1,
            Addresses = [$"127.0.0.1:{second.MediaPort}"], Keys = keys,
        };
        await first.Control.PutLinkAsync(name, "link", end, default).ConfigureAwait(false);
        var other = end with
        {
            Role = LinkEndRole.Acceptor, Generation = 2, PeerGeneration = 1, Node = end.Peer, Peer = end.Node, Tag = tag + 1, PeerTag = tag,
            Addresses = [$"127.0.0.1:{first.MediaPort}"],
        };
        await second.Control.PutLinkAsync(name, "link", other, default).ConfigureAwait(false);
        await UntilAsync("the link is up", async () => (await second.Control.GetRoomAsync(name, default).ConfigureAwait(false)).Links is [{ State: LinkEndState.Up }]).ConfigureAwait(false);
    }

    /// <summary>Adds a camera on the first node.</summary>
    public async Task<Camera> AddCameraAsync(string participant)
    {
        var peer = new BenchPeer();
        peer.Connect((await first.Control.PublishAsync(name, participant, new SdpOffer { Generation = 1, Sdp = BenchSdp.Publish(peer) }, default).ConfigureAwait(false)).Sdp);
        var camera = new Camera(peer);
        _cameras.Add(camera);
        await UntilAsync("a camera is connected", () => Task.FromResult(peer.IsConnected)).ConfigureAwait(false);
        camera.Send(0);
        return camera;
    }

    /// <summary>Adds a viewer of a camera, on the second node if it is beyond the link.</summary>
    /// <param name="participant">Whose camera.</param>
    /// <param name="isBeyond">Whether the viewer is on the second node.</param>
    /// <param name="onPacket">Receives the number of each packet, and when the kernel got it in 100 ns ticks.</param>
    public async Task AddViewerAsync(string participant, bool isBeyond, Action<int, long> onPacket)
    {
        var peer = new BenchPeer { OnRtp = (packet, ticks) => onPacket(BitConverter.ToInt32(packet[^4..]), ticks) };
        _viewers.Add(peer);
        var (node, generation) = isBeyond ? (second, 2) : (first, 1);
        var request = new PlayRequest { Generation = generation, Sdp = BenchSdp.Play(peer), Feeds = [participant] };
        await UntilAsync("a camera is announced", async () =>
        {
            try
            {
                peer.Connect((await node.Control.PlayAsync(name, $"viewer-{_viewers.Count}", request, default).ConfigureAwait(false)).Sdp);
                return true;
            }
            catch (NodeControlException)
            {
                return false; // the other node does not know the camera yet
            }
        }).ConfigureAwait(false);
        await UntilAsync("a viewer is connected", () => Task.FromResult(peer.IsConnected)).ConfigureAwait(false);
    }

    public void Pump()
    {
        foreach (var peer in All)
        {
            peer.Pump();
        }
    }

    public void Dispose()
    {
        foreach (var peer in All)
        {
            peer.Dispose();
        }
    }

    private async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition().ConfigureAwait(false))
        {
            Pump();
            await Task.Delay(1).ConfigureAwait(false);
            if (watch.Elapsed > Limit)
            {
                throw new InvalidOperationException($"Not reached within {Limit.TotalSeconds} s: {what}.");
            }
        }
    }

    /// <summary>Sends numbered packets, each of which can start a key frame.</summary>
    internal sealed class Camera(BenchPeer peer)
    {
        private readonly byte[] _payload = [0x10, .. new byte[Bytes - 1]];
        private ushort _sequence;

        public BenchPeer Peer => peer;

        public void Send(int number)
        {
            BitConverter.TryWriteBytes(_payload.AsSpan(^4), number);
            peer.SendRtp(new RtpHeader { PayloadType = 96, SequenceNumber = ++_sequence, Timestamp = (uint)(number * 450), Ssrc = BenchSdp.VideoSsrc, Marker = true }, _payload);
            peer.Flush();
        }
    }
}
