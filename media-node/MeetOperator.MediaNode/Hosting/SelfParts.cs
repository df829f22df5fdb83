using System.Net;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.WarmUp;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// The part of the warm-up that compiles the code of rooms on several loops: somebody on another loop receives the publisher. Otherwise that code would be compiled during the first large meeting,
/// while the media of all rooms on its loop waits.
/// </summary>
internal static class SelfParts
{
    /// <summary>Milliseconds between two frames.</summary>
    private const int FrameMilliseconds = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>Returns true if the viewer received media within the time limit, or if the media node has one loop.</summary>
    /// <param name="node">The node.</param>
    /// <param name="publisher">A connected publisher of the room of the self-call.</param>
    /// <param name="frames">What it sends.</param>
    /// <param name="certificate">The certificate of the peers.</param>
    /// <param name="local">The address at which the node is called.</param>
    /// <param name="ct">Ends the call.</param>
    public static async Task<bool> RunAsync(MediaNodeHost node, LoopbackPeer publisher, SelfFrames frames, DtlsCertificate certificate, IPAddress local, CancellationToken ct)
    {
        if (node.Loops.Count == 1)
        {
            return true;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            return await ReceiveAsync(node, publisher, frames, certificate, local, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<bool> ReceiveAsync(MediaNodeHost node, LoopbackPeer publisher, SelfFrames frames, DtlsCertificate certificate, IPAddress local, CancellationToken ct)
    {
        using var viewer = new LoopbackPeer(certificate, local);
        var played = await node.Sdp.PlayAsync(RoomIds.SelfCall, RoomParts.SelfCallGuest, SelfCall.Player(viewer), ct).ConfigureAwait(false);
        var port = await node.Rooms.RunAsync(RoomIds.SelfCall, RoomParts.SelfCallGuest, joins: null, static r => r.Loop.Port, ct).ConfigureAwait(false);
        if (!viewer.TryConnect(played.Sdp, TransportAddress.FromIPEndPoint(new IPEndPoint(local, port))))
        {
            return false;
        }

        while (viewer.ReceivedPackets == 0)
        {
            publisher.Pump();
            viewer.Pump();
            frames.SendSound(publisher);
            frames.Send(publisher);
            await Task.Delay(FrameMilliseconds, ct).ConfigureAwait(false);
        }

        return true;
    }
}
