using System.Diagnostics;
using System.Net;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.WarmUp;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// The call that the operator asks for while it tries a new version: the node publishes and plays a picture through one of its UDP ports, with ICE, DTLS and SRTP as for
/// participants, until the first packet arrives.
/// </summary>
internal static class TestCall
{
    private const string Room = RoomIds.SelfCall;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <summary>Makes the call. Only one may run at a time.</summary>
    public static async Task<CallReport> RunAsync(MediaNodeHost node, CancellationToken ct)
    {
        using var certificate = DtlsCertificate.Generate();
        var local = BindAddress.Reachable(node.Options.BindAddresses[0]);
        using var publisher = new LoopbackPeer(certificate, local);
        using var player = new LoopbackPeer(certificate, local);
        var started = Stopwatch.StartNew();
        await node.Rooms.PutAsync(Room, new RoomSpec { Generation = 1 }, CancellationToken.None).ConfigureAwait(false); // a canceled request could leave the room
        try
        {
            var port = await node.Rooms.RunAsync(Room, room => room.Loop.Port, ct).ConfigureAwait(false);
            var address = TransportAddress.FromIPEndPoint(new IPEndPoint(local, port));
            var offer = "v=0\r\n" + publisher.Section("0", "sendonly", "video 9 UDP/TLS/RTP/SAVPF 96") + "a=rtpmap:96 VP8/90000\r\na=ssrc:1 cname:x\r\n";
            var published = await node.Sdp.PublishAsync(Room, "publisher", new SdpOffer { Generation = 1, Sdp = offer }, ct).ConfigureAwait(false);
            var request = "v=0\r\n" + player.Section("0", "recvonly", "video 9 UDP/TLS/RTP/SAVPF 96") + "a=rtpmap:96 VP8/90000\r\n";
            var played = await node.Sdp.PlayAsync(Room, "player", new PlayRequest { Generation = 1, Sdp = request }, ct).ConfigureAwait(false);
            return !publisher.TryConnect(published.Sdp, address) || !player.TryConnect(played.Sdp, address) ? new CallReport { Problem = "the answer of the media node is invalid" }
                : await ReceiveAsync(publisher, player, started, ct).ConfigureAwait(false);
        }
        catch (ControlProblemException rejected)
        {
            return new CallReport { Problem = rejected.Message };
        }
        finally
        {
            await node.Rooms.DeleteAsync(Room, 1, "test-call", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<CallReport> ReceiveAsync(LoopbackPeer publisher, LoopbackPeer player, Stopwatch started, CancellationToken ct)
    {
        // A VP8 payload descriptor that starts a frame; zeros follow, and a zero first bit means key frame (RFC 7741 §4.2, §4.3).
        var payload = new byte[1000];
        payload[0] = 0x10;
        ushort sequence = 1;
        while (started.Elapsed < Limit)
        {
            publisher.Pump();
            player.Pump();
            if (player.ReceivedPackets > 0)
            {
                return new CallReport { FirstFrameMs = (int)started.ElapsedMilliseconds };
            }

            if (publisher.IsConnected && player.IsConnected)
            {
                publisher.SendRtp(new RtpHeader { PayloadType = 96, SequenceNumber = sequence, Timestamp = (uint)(sequence * 90), Ssrc = 1, Marker = true }, payload);
                sequence++;
            }

            await Task.Delay(1, ct).ConfigureAwait(false);
        }

        var step = !publisher.IsConnected ? "the publisher did not connect" : !player.IsConnected ? "the player did not connect" : "no media arrived";
        return new CallReport { Problem = $"{step} within {Limit.TotalSeconds:0} s" };
    }
}
