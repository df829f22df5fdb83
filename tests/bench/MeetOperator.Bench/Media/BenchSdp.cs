using MeetOperator.Sdp;

namespace MeetOperator.Bench.Media;

/// <summary>Writes the SDP of a <see cref="BenchPeer"/>.</summary>
internal static class BenchSdp
{
    public const uint AudioSsrc = 11;
    public const uint VideoSsrc = 21;

    /// <summary>
    /// Offers a microphone, whose packets have their level, and a camera. With <paramref name="camera"/> null, the section of the camera is inactive; otherwise it is the camera's SSRC.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="camera">The SSRC of the camera; null for none.</param>
    /// <param name="withFeedback">Whether to offer retransmissions and reports of arrivals too, as browsers do.</param>
    public static string Publish(BenchPeer peer, uint? camera = VideoSsrc, bool withFeedback = false) =>
        Head("0 1") + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\n" + peer.TransportLines("actpass") +
        $"a=rtpmap:111 opus/48000/2\r\na=extmap:1 {HeaderExtensionUris.AudioLevel}\r\n{(withFeedback ? Arrivals(111) : string.Empty)}a=ssrc:{AudioSsrc} cname:x\r\n" +
        $"m=video 9 UDP/TLS/RTP/SAVPF 96{(withFeedback ? " 97" : string.Empty)}\r\na=mid:1\r\na={(camera is null ? "inactive" : "sendonly")}\r\n" + peer.TransportLines("actpass") +
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n" + (withFeedback ? $"a=rtcp-fb:96 nack\r\n{Arrivals(96)}a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" : string.Empty) +
        (camera is { } ssrc ? $"a=ssrc:{ssrc} cname:x\r\n" : string.Empty);

    /// <summary>Offers to receive one camera, with retransmissions.</summary>
    public static string Play(BenchPeer peer) =>
        Head("v") + "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v\r\na=recvonly\r\n" + peer.TransportLines("actpass") +
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";

    /// <summary>Answers an offer of the node and accepts all sections.</summary>
    /// <param name="offer">The offer.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="withFeedback">Whether to accept retransmissions and reports of arrivals too, as browsers do. Without them, the node cannot measure the line.</param>
    public static string Answer(string offer, BenchPeer peer, bool withFeedback = false)
    {
        if (!SessionDescription.TryParse(offer, out var description, out var error))
        {
            throw new InvalidOperationException($"The node's offer is invalid: {error}");
        }

        var text = new System.Text.StringBuilder(Head(string.Join(' ', description.Sections.Select(s => s.Mid))));
        var transport = peer.TransportLines("active");
        foreach (var section in description.Sections)
        {
            text.Append($"m={section.Kind} 9 {section.Protocol} {string.Join(' ', section.Formats)}\r\na=mid:{section.Mid}\r\n")
                .Append(section.Direction == MediaDirection.SendOnly ? "a=recvonly\r\n" : "a=inactive\r\n").Append(transport);
            foreach (var attribute in section.Attributes.Where(a => a.Name is "rtpmap" or "fmtp" or "extmap" || (withFeedback && a.Name == "rtcp-fb")))
            {
                text.Append(attribute).Append("\r\n");
            }
        }

        return text.ToString();
    }

    private static string Arrivals(int payloadType) => $"a=extmap:3 {HeaderExtensionUris.TransportSequenceNumber}\r\na=rtcp-fb:{payloadType} transport-cc\r\n";

    private static string Head(string mids) => $"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\n";
}
