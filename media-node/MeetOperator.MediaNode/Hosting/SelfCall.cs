using System.Net;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.WarmUp;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// The warm-up call: the node calls itself over loopback before it reports ready. That compiles the ICE, DTLS, SDP and packet code, so that the first meeting starts as
/// fast as later ones, and verifies the socket.
/// </summary>
internal static class SelfCall
{
    private const string Room = RoomIds.SelfCall;
    private const int Frames = 250;
    private const int PacketsPerFrame = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Returns true when the player received media within the time limit.</summary>
    public static async Task<bool> RunAsync(MediaNodeHost node, CancellationToken ct)
    {
        using var certificate = DtlsCertificate.Generate();
        var local = BindAddress.Reachable(node.Options.BindAddresses[0]);
        using var publisher = new LoopbackPeer(certificate, local);
        using var player = new LoopbackPeer(certificate, local);
        var end = MonotonicClock.NowTicks + Limit.Ticks;
        await node.Rooms.PutAsync(Room, new RoomSpec { Generation = 1 }, ct).ConfigureAwait(false);
        try
        {
            var port = await node.Rooms.RunAsync(Room, r => r.Loop.Port, ct).ConfigureAwait(false);
            var address = TransportAddress.FromIPEndPoint(new IPEndPoint(local, port));
            var offer = "v=0\r\n" + publisher.Section("0", "sendonly", "video 9 UDP/TLS/RTP/SAVPF 96 97")
                + "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc-group:FID 1 2\r\na=ssrc:1 cname:x\r\n";
            var published = await node.Rooms.RunAsync(Room, r => r.Publish("publisher", new SdpOffer { Generation = 1, Sdp = offer }, SdpReading.Parse(offer)), ct).ConfigureAwait(false);
            var request = "v=0\r\n" + player.Section("0", "recvonly", "video 9 UDP/TLS/RTP/SAVPF 96") + "a=rtpmap:96 VP8/90000\r\n";
            var played = await node.Rooms.RunAsync(Room, r => r.Play("player", new PlayRequest { Generation = 1, Sdp = request }, SdpReading.Parse(request)), ct).ConfigureAwait(false);
            await node.Rooms.RunAsync(Room, r => r.Subscribe("player", new SubscribeRequest { Generation = 1 }), ct).ConfigureAwait(false);
            return publisher.TryConnect(published.Sdp, address) && player.TryConnect(played.Sdp, address)
                && await ExchangeMediaAsync(publisher, player, end, ct).ConfigureAwait(false);
        }
        finally
        {
            await node.Rooms.DeleteAsync(Room, 1, "self-call", ct).ConfigureAwait(false);
        }
    }

    private static async Task<bool> ExchangeMediaAsync(LoopbackPeer publisher, LoopbackPeer player, long end, CancellationToken ct)
    {
        // A VP8 payload descriptor that starts a frame; zeros follow, and a zero first bit means key frame (RFC 7741 §4.2, §4.3).
        var payload = new byte[1000];
        payload[0] = 0x10;
        ushort sequence = 1;
        uint frame = 0;
        while (MonotonicClock.NowTicks < end)
        {
            publisher.Pump();
            player.Pump();
            if (publisher.IsConnected && player.IsConnected)
            {
                for (var i = 0; i < PacketsPerFrame; i++)
                {
                    var header = new RtpHeader { PayloadType = 96, SequenceNumber = sequence++, Timestamp = frame * 3000, Ssrc = 1, Marker = i == PacketsPerFrame - 1 };
                    publisher.SendRtp(header, payload);
                }

                if (++frame == Frames)
                {
                    player.Pump();
                    return player.ReceivedPackets > 0;
                }
            }

            await Task.Delay(1, ct).ConfigureAwait(false);
        }

        return false;
    }
}
