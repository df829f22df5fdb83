using System.Net;
using System.Security.Cryptography;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.WarmUp;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// The part of the warm-up that compiles the code of links and moves: two rooms of the node are linked, and the publisher of one moves to the other. Without it, the first link holds up the
/// media of all rooms on its loop for a fifth of a second.
/// </summary>
internal static class SelfMove
{
    private const string Link = "self";
    private const string First = "self/first";
    private const string Second = "self/second";
    private const int Tracks = 2;

    /// <summary>Milliseconds between two frames. The node drops packets of a publisher that sends much faster.</summary>
    private const int FrameMilliseconds = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>Returns true if a viewer in the second room received the publisher over the link, and both tracks of the publisher then moved there, within the time limit.</summary>
    /// <param name="node">The node.</param>
    /// <param name="publisher">A connected publisher of the room of the self-call, the participant "publisher".</param>
    /// <param name="frames">What it sends.</param>
    /// <param name="certificate">The certificate of the peers.</param>
    /// <param name="local">The address at which the node is called.</param>
    /// <param name="ct">Ends the call.</param>
    public static async Task<bool> RunAsync(MediaNodeHost node, LoopbackPeer publisher, SelfFrames frames, DtlsCertificate certificate, IPAddress local, CancellationToken ct)
    {
        var end = MonotonicClock.NowTicks + Limit.Ticks;
        using var next = new LoopbackPeer(certificate, local);
        using var viewer = new LoopbackPeer(certificate, local);
        try
        {
            await node.Rooms.PutAsync(RoomIds.SelfMove, new RoomSpec { Generation = 1 }, ct).ConfigureAwait(false);
            var (from, to) = (await PortOfAsync(node, RoomIds.SelfCall, ct).ConfigureAwait(false), await PortOfAsync(node, RoomIds.SelfMove, ct).ConfigureAwait(false));
            LinkKey[] keys = [new LinkKey { Epoch = 1, Secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(LinkKey.SecretBytes)) }];
            await PutLinkAsync(node, RoomIds.SelfCall, LinkEndRole.Opener, (First, 1), (Second, 2), new IPEndPoint(local, to), keys, ct).ConfigureAwait(false);
            await PutLinkAsync(node, RoomIds.SelfMove, LinkEndRole.Acceptor, (Second, 2), (First, 1), new IPEndPoint(local, from), keys, ct).ConfigureAwait(false);
            var address = TransportAddress.FromIPEndPoint(new IPEndPoint(local, to));
            return await UntilAsync(() => node.Rooms.RunAsync(RoomIds.SelfMove, static r => r.Tracks.Relayed.Any(track => track.Track.Options.Kind == MediaKind.Video), ct)).ConfigureAwait(false)
                && viewer.TryConnect((await node.Sdp.PlayAsync(RoomIds.SelfMove, "viewer", SelfCall.Player(viewer), ct).ConfigureAwait(false)).Sdp, address)
                && await UntilAsync(() => Task.FromResult(viewer.ReceivedPackets > 0)).ConfigureAwait(false)
                && next.TryConnect((await SelfCall.PublishAsync(node, RoomIds.SelfMove, "publisher", next, ct).ConfigureAwait(false)).Sdp, address)
                && await UntilAsync(() => Task.FromResult(next.IsConnected)).ConfigureAwait(false)
                && await UntilAsync(async () => (await node.Rooms.ReportAsync(RoomIds.SelfMove, ct).ConfigureAwait(false)).UpTracks == Tracks).ConfigureAwait(false);
        }
        catch (ControlProblemException) when (!node.Rooms.IsShuttingDown)
        {
            return false; // the node serves without it
        }
        finally
        {
            await SelfCall.DeleteAsync(node, RoomIds.SelfMove).ConfigureAwait(false);
        }

        async Task<bool> UntilAsync(Func<Task<bool>> condition)
        {
            while (!await condition().ConfigureAwait(false))
            {
                if (MonotonicClock.NowTicks >= end)
                {
                    return false;
                }

                Exchange();
                await Task.Delay(FrameMilliseconds, ct).ConfigureAwait(false);
            }

            return true;
        }

        void Exchange()
        {
            publisher.Pump();
            next.Pump();
            viewer.Pump();
            frames.SendSound(publisher, next);
            frames.Send(publisher, next);
        }
    }

    private static Task<int> PortOfAsync(MediaNodeHost node, string room, CancellationToken ct) => node.Rooms.RunAsync(room, r => r.Loop.Port, ct);

    private static Task PutLinkAsync(
        MediaNodeHost node, string room, LinkEndRole role, (string Node, uint Tag) own, (string Node, uint Tag) other, IPEndPoint address, LinkKey[] keys, CancellationToken ct)
    {
        var spec = new LinkSpec
        {
            Generation = 1,
            Role = role,
            Node = own.Node,
            Peer = other.Node,
            PeerGeneration = 1,
            Addresses = [address.ToString()],
            Tag = own.Tag,
            PeerTag = other.Tag,
            Keys = keys,
        };
        return node.Rooms.RunAsync(room, r => r.PutLink(Link, OverTheWire.Pass(spec)).Created, ct);
    }
}
