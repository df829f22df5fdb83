using System.Net;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.MediaNode.WarmUp;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// The warm-up call: the node calls itself over loopback before it reports ready. That compiles the ICE, DTLS, SDP, packet and report code, and with <see cref="SelfParts"/> and <see cref="SelfMove"/> that of links, so that
/// the first meeting starts and moves as fast as later ones, and verifies the socket.
/// </summary>
internal static class SelfCall
{
    private const string Room = RoomIds.SelfCall;
    private const int Frames = 250;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>What the whole call may take. Without it, the call would wait for ever for a loop that stands still.</summary>
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long the end of a room may take.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    /// <summary>Returns whether the receivers received media within the time limit, and whether media then crossed between loops and the publisher moved (<see cref="SelfParts"/>, <see cref="SelfMove"/>).</summary>
    public static async Task<(bool Received, bool Moved)> RunAsync(MediaNodeHost node, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(CallLimit);
        try
        {
            return await CallAsync(node, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (false, false);
        }
    }

    /// <summary>Deletes a room of the call. When its loop stands still, that happens when the loop goes on, and nobody waits for it.</summary>
    internal static async Task DeleteAsync(MediaNodeHost node, string room) =>
        await node.Rooms.DeleteAsync(room, 1, "self-call", CancellationToken.None).WaitAsync(EndLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static async Task<(bool Received, bool Moved)> CallAsync(MediaNodeHost node, CancellationToken ct)
    {
        using var certificate = DtlsCertificate.Generate();
        var local = BindAddress.Reachable(node.Options.BindAddresses[0]);
        using var publisher = new LoopbackPeer(certificate, local);
        using var player = new LoopbackPeer(certificate, local);
        using var subscriber = new LoopbackPeer(certificate, local);
        var end = MonotonicClock.NowTicks + Limit.Ticks;
        try
        {
            await node.Rooms.PutAsync(Room, OverTheWire.Pass(new RoomSpec { Generation = 1 }), ct).ConfigureAwait(false);
            var port = await node.Rooms.RunAsync(Room, r => r.Loop.Port, ct).ConfigureAwait(false);
            var address = TransportAddress.FromIPEndPoint(new IPEndPoint(local, port));
            var frames = new SelfFrames();
            var published = await PublishAsync(node, Room, "publisher", publisher, ct).ConfigureAwait(false);
            var played = await node.Sdp.PlayAsync(Room, "player", Player(player), ct).ConfigureAwait(false);
            var offered = await SubscribeAsync(node, subscriber, ct).ConfigureAwait(false);
            var received = publisher.TryConnect(published.Sdp, address) && player.TryConnect(played.Sdp, address) && subscriber.TryConnect(offered.Sdp, address)
                && await ExchangeMediaAsync(frames, publisher, player, subscriber, end, ct).ConfigureAwait(false)
                && await ChangeSlotsAsync(node, publisher, offered.SessionId, ct).ConfigureAwait(false)
                && await ReportAsync(node, ct).ConfigureAwait(false);
            var isShared = received && await SelfParts.RunAsync(node, publisher, frames, certificate, local, ct).ConfigureAwait(false);
            var hasMoved = received && await SelfMove.RunAsync(node, publisher, frames, certificate, local, ct).ConfigureAwait(false);
            return (received, isShared && hasMoved);
        }
        finally
        {
            await DeleteAsync(node, Room).ConfigureAwait(false);
        }
    }

    /// <summary>The request of a player of one camera.</summary>
    internal static PlayRequest Player(LoopbackPeer peer) =>
        new() { Generation = 1, Sdp = "v=0\r\n" + peer.Section("0", "recvonly", "video 9 UDP/TLS/RTP/SAVPF 96") + "a=rtpmap:96 VP8/90000\r\n" };

    /// <summary>Publishes a microphone and a camera.</summary>
    internal static Task<SdpAnswer> PublishAsync(MediaNodeHost node, string room, string name, LoopbackPeer peer, CancellationToken ct)
    {
        var offer = "v=0\r\na=group:BUNDLE 0 1\r\n" + peer.Section("0", "sendonly", "audio 9 UDP/TLS/RTP/SAVPF 111") + "a=rtpmap:111 opus/48000/2\r\na=ssrc:3 cname:x\r\n"
            + peer.Section("1", "sendonly", "video 9 UDP/TLS/RTP/SAVPF 96 97")
            + "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc-group:FID 1 2\r\na=ssrc:1 cname:x\r\n";
        return OverTheWire.PassAsync(node.Sdp.PublishAsync(room, name, OverTheWire.Pass(new SdpOffer { Generation = 1, Sdp = offer }), ct));
    }

    /// <summary>Subscribes with slots, as participants of a meeting do.</summary>
    private static async Task<SubscribeOffer> SubscribeAsync(MediaNodeHost node, LoopbackPeer subscriber, CancellationToken ct)
    {
        var request = new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 2, Video = 4 } };
        var offer = await OverTheWire.PassAsync(node.Sdp.SubscribeAsync(Room, "subscriber", OverTheWire.Pass(request), ct)).ConfigureAwait(false);
        var answer = subscriber.Answer(SdpReading.Parse(offer.Sdp));
        await node.Sdp.AnswerAsync(Room, "subscriber", OverTheWire.Pass(new SubscribeAnswer { Revision = offer.Revision, Sdp = answer }), ct).ConfigureAwait(false);
        return offer;
    }

    /// <summary>Another participant comes, and the subscriber looks at it.</summary>
    private static async Task<bool> ChangeSlotsAsync(MediaNodeHost node, LoopbackPeer publisher, string session, CancellationToken ct)
    {
        await PublishAsync(node, Room, "guest", publisher, ct).ConfigureAwait(false);
        var views = ParticipantViews.Read(OverTheWire.Pass(new ViewRequest { Tracks = [new ViewedTrack { ParticipantId = "guest", Source = "camera", Width = 320, Height = 180 }] }));
        await RunAsync(node, r => r.View("subscriber", views), ct).ConfigureAwait(false);
        await RunAsync(node, r => r.ConfirmSlots("subscriber", OverTheWire.Pass(new SlotsConfirmation { SessionId = session, Version = 1 })), ct).ConfigureAwait(false);
        return true;
    }

    /// <summary>The reports that the operator and signaling ask for.</summary>
    private static async Task<bool> ReportAsync(MediaNodeHost node, CancellationToken ct)
    {
        OverTheWire.Pass((await node.ReportAsync(ct).ConfigureAwait(false)).Report);
        return (await OverTheWire.PassAsync(node.Rooms.ReportAsync(Room, ct)).ConfigureAwait(false)).UpTracks > 0;
    }

    private static Task RunAsync(MediaNodeHost node, Action<NodeRoom> action, CancellationToken ct) =>
        node.Rooms.RunAsync(
            Room,
            room =>
            {
                action(room);
                return true;
            },
            ct);

    private static async Task<bool> ExchangeMediaAsync(SelfFrames frames, LoopbackPeer publisher, LoopbackPeer player, LoopbackPeer subscriber, long end, CancellationToken ct)
    {
        while (MonotonicClock.NowTicks < end)
        {
            publisher.Pump();
            player.Pump();
            subscriber.Pump();
            if (publisher.IsConnected && player.IsConnected && subscriber.IsConnected)
            {
                frames.Send(publisher);
                if (frames.Count == Frames)
                {
                    break;
                }
            }

            await Task.Delay(1, ct).ConfigureAwait(false);
        }

        // On a busy machine, the time is over before all frames are sent. The code has run nevertheless.
        player.Pump();
        subscriber.Pump();
        return player.ReceivedPackets > 0 && subscriber.ReceivedPackets > 0;
    }
}
