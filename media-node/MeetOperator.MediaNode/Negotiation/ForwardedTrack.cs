using System.Security.Cryptography;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Negotiation;

/// <summary>How a track is sent in a negotiated media section.</summary>
internal static class ForwardedTrack
{
    /// <param name="codec">The negotiated codec with the receiver's payload types.</param>
    /// <param name="ssrcs">The SSRCs of the section. The second one is used if retransmissions were negotiated.</param>
    /// <param name="extensions">The negotiated header extensions.</param>
    /// <param name="firstSequenceNumber">The number of the first packet.</param>
    /// <param name="cname">The canonical name in reports.</param>
    public static DownTrackOptions OptionsOf(RtpCodec codec, SsrcPair ssrcs, HeaderExtensionMap extensions, ushort firstSequenceNumber, string cname) => new()
    {
        Ssrc = ssrcs.Primary,
        PayloadType = (byte)codec.PayloadType,
        RtxSsrc = codec.RtxPayloadType is null ? null : ssrcs.Retransmission,
        RtxPayloadType = (byte?)codec.RtxPayloadType,
        RedPayloadType = (byte?)codec.RedPayloadType,
        Nack = codec.Feedback.Contains("nack"),
        Extensions = extensions,
        FirstSequenceNumber = firstSequenceNumber,
        Cname = cname,
    };

    /// <summary>Random first sequence numbers (RFC 3550 §5.1), which are at least 1, and so low that none of the first 30,000 packets has a lower number than one before it.</summary>
    public static ushort[] FirstSequenceNumbers(int count)
    {
        var random = new byte[count * sizeof(ushort)];
        RandomNumberGenerator.Fill(random);
        return [.. Enumerable.Range(0, count).Select(i => (ushort)((BitConverter.ToUInt16(random, i * sizeof(ushort)) % 30_000) + 1))];
    }
}
