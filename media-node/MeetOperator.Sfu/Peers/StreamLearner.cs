using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>
/// Places an SSRC that the SDP did not name (RFC 9143 §9.2): the mid extension says which section it is. Only a packet without one is placed by a
/// payload type that only one section uses, and never against an SSRC that is known and alive: late packets of a removed track look the same.
/// </summary>
internal static class StreamLearner
{
    /// <summary>True when one of the tracks took the SSRC as its own.</summary>
    public static bool TryLearn(long nowTicks, in RtpPacket packet, UpTrack[] tracks, DepartedStreams departed)
    {
        var header = packet.Header;
        var track = ByMid(packet, tracks, out var isNamed);
        if (!isNamed && !departed.Contains(header.Ssrc))
        {
            track = ByPayloadType(header.PayloadType, tracks);
        }

        if (header.PayloadType == track?.Options.PayloadType)
        {
            return track.TryLearn(nowTicks, header.Ssrc, isNamed);
        }

        return track is not null && header.PayloadType == track.Options.RtxPayloadType && track.TryLearnRetransmissions(nowTicks, header.Ssrc, isNamed);
    }

    /// <param name="packet">It may name its section.</param>
    /// <param name="tracks">One of them may be that section's.</param>
    /// <param name="isNamed">The packet names a section, if only one that is gone.</param>
    private static UpTrack? ByMid(in RtpPacket packet, UpTrack[] tracks, out bool isNamed)
    {
        isNamed = false;
        foreach (var track in tracks)
        {
            var id = track.Options.Extensions.IdOf(HeaderExtensionKind.Mid);
            foreach (var element in packet.Extensions)
            {
                if (id == 0 || element.Id != id)
                {
                    continue;
                }

                isNamed = true;
                if (SameText(packet.Data.Slice(element.Offset, element.Length), track.Options.Mid))
                {
                    return track;
                }
            }
        }

        return null;
    }

    private static UpTrack? ByPayloadType(byte payloadType, UpTrack[] tracks)
    {
        UpTrack? found = null;
        foreach (var track in tracks)
        {
            if (track.Options.PayloadType == payloadType || track.Options.RtxPayloadType == payloadType)
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

    private static bool SameText(ReadOnlySpan<byte> ascii, string text)
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
