using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>
/// Assigns SSRCs that the SDP did not announce to layers (RFC 9143 §9.2). The MID extension identifies the section, and the RID extension the layer. A packet without a MID is
/// assigned by its payload type when only one section uses that type. The payload type never replaces an active SSRC, because late packets of
/// a removed track look the same. A link announces all its SSRCs.
/// </summary>
internal static class SsrcResolver
{
    /// <summary>Returns true when the SSRC was assigned to a layer.</summary>
    public static bool TryResolve(long nowTicks, in RtpPacket packet, UpTrack[] tracks, RemovedSsrcs removed)
    {
        var header = packet.Header;
        var track = FindByMid(packet, tracks, out var hasMid);
        if (!hasMid && !removed.Contains(header.Ssrc))
        {
            track = FindByPayloadType(header.PayloadType, tracks);
        }

        if (track is null || FindLayer(packet, track) is not { } layer)
        {
            return false;
        }

        return IsMedia(header.PayloadType, track.Options)
            ? track.TryAssignSsrc(nowTicks, layer, header.Ssrc, hasMid)
            : header.PayloadType == track.Options.RtxPayloadType && layer.TryAssignRtxSsrc(nowTicks, header.Ssrc, hasMid);
    }

    /// <summary>The only layer of the track, or the one that the RID extension names; for a retransmission the repaired RID (RFC 8852 §3).</summary>
    private static UpLayer? FindLayer(in RtpPacket packet, UpTrack track)
    {
        if (track.Layers is [var only])
        {
            return only;
        }

        var isRetransmission = packet.Header.PayloadType == track.Options.RtxPayloadType;
        var id = track.Options.Extensions.IdOf(isRetransmission ? HeaderExtensionKind.RepairedRtpStreamId : HeaderExtensionKind.RtpStreamId);
        foreach (var element in packet.Extensions)
        {
            if (id == 0 || element.Id != id)
            {
                continue;
            }

            foreach (var layer in track.Layers)
            {
                if (layer.Rid is { } rid && EqualsAscii(packet.Data.Slice(element.Offset, element.Length), rid))
                {
                    return layer;
                }
            }
        }

        return null;
    }

    /// <param name="packet">A packet that may have a MID.</param>
    /// <param name="tracks">The tracks of the connection.</param>
    /// <param name="hasMid">Whether the packet has a MID, even one of a removed section.</param>
    private static UpTrack? FindByMid(in RtpPacket packet, UpTrack[] tracks, out bool hasMid)
    {
        hasMid = false;
        foreach (var track in tracks)
        {
            if (HasMidOf(packet, track.Options, ref hasMid))
            {
                return track;
            }
        }

        return null;
    }

    /// <summary>Whether a packet has the MID of a track.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="options">The track.</param>
    /// <param name="hasMid">Set to true when the packet has any MID.</param>
    public static bool HasMidOf(in RtpPacket packet, UpTrackOptions options, ref bool hasMid)
    {
        var id = options.Extensions.IdOf(HeaderExtensionKind.Mid);
        foreach (var element in packet.Extensions)
        {
            if (id == 0 || element.Id != id)
            {
                continue;
            }

            hasMid = true;
            if (EqualsAscii(packet.Data.Slice(element.Offset, element.Length), options.Mid))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a track uses a payload type, for media or for retransmissions.</summary>
    public static bool HasPayloadType(byte payloadType, UpTrackOptions options) => IsMedia(payloadType, options) || options.RtxPayloadType == payloadType;

    /// <summary>Whether a track uses a payload type for media.</summary>
    public static bool IsMedia(byte payloadType, UpTrackOptions options) => payloadType == options.PayloadType || payloadType == options.RedPayloadType;

    private static UpTrack? FindByPayloadType(byte payloadType, UpTrack[] tracks)
    {
        UpTrack? found = null;
        foreach (var track in tracks)
        {
            if (!track.Options.IsRelayed && HasPayloadType(payloadType, track.Options))
            {
                if (found is not null)
                {
                    return null;
                }

                found = track;
            }
        }

        return found;
    }

    private static bool EqualsAscii(ReadOnlySpan<byte> ascii, string text)
    {
        if (ascii.Length != text.Length)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (ascii[i] != text[i])
            {
                return false;
            }
        }

        return true;
    }
}
