using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Writes the SDP of a <see cref="SyntheticPeer"/>.</summary>
internal static class TestSdp
{
    public const uint AudioSsrc = 11;
    public const uint VideoSsrc = 21;
    public const uint VideoRtxSsrc = 22;

    /// <summary>The ID of the header extension for RIDs in <see cref="Simulcast"/>.</summary>
    public const byte RidId = 10;

    /// <summary>Offers a microphone and a camera. With <paramref name="video"/> false the camera's section is inactive.</summary>
    public static string Publish(SyntheticPeer peer, bool video = true) =>
        Head("0 1") +
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\n" + peer.TransportLines("actpass") +
        $"a=rtpmap:111 opus/48000/2\r\na=extmap:1 {HeaderExtensionUris.AudioLevel}\r\na=ssrc:{AudioSsrc} cname:x\r\n" +
        $"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\na={(video ? "sendonly" : "inactive")}\r\n" + peer.TransportLines("actpass") +
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" +
        $"a=ssrc-group:FID {VideoSsrc} {VideoRtxSsrc}\r\na=ssrc:{VideoSsrc} cname:x\r\na=ssrc:{VideoRtxSsrc} cname:x\r\n";

    /// <summary>Offers a microphone with RED and a camera in three layers that their RIDs identify, as browsers do.</summary>
    public static string Simulcast(SyntheticPeer peer) =>
        Head("0 1") +
        "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=mid:0\r\na=sendonly\r\n" + peer.TransportLines("actpass") +
        $"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111 opus/48000/2\r\na=extmap:1 {HeaderExtensionUris.AudioLevel}\r\na=extmap:4 {HeaderExtensionUris.Mid}\r\na=ssrc:{AudioSsrc} cname:x\r\n" +
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\na=sendonly\r\n" + peer.TransportLines("actpass") +
        $"a=extmap:4 {HeaderExtensionUris.Mid}\r\na=extmap:{RidId} {HeaderExtensionUris.RtpStreamId}\r\na=extmap:11 {HeaderExtensionUris.RepairedRtpStreamId}\r\n" +
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" +
        "a=rid:f send\r\na=rid:h send\r\na=rid:q send\r\na=simulcast:send f;h;q\r\n";

    /// <summary>Offers the given number of audio tracks.</summary>
    public static string Microphones(SyntheticPeer peer, int count) =>
        Head(string.Join(' ', Enumerable.Range(0, count))) + string.Concat(Enumerable.Range(0, count).Select(i =>
            $"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{i}\r\na=sendonly\r\n" + peer.TransportLines("actpass") + "a=rtpmap:111 opus/48000/2\r\n"));

    /// <summary>Offers to receive one audio and one video track. With <paramref name="audio"/> false the audio section is inactive.</summary>
    public static string Play(SyntheticPeer peer, bool audio = true, bool rtx = true) =>
        Head("a v") +
        $"m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=mid:a\r\na={(audio ? "recvonly" : "inactive")}\r\n" + peer.TransportLines("actpass") + "a=rtpmap:109 opus/48000/2\r\n" +
        "m=video 9 UDP/TLS/RTP/SAVPF 120 121\r\na=mid:v\r\na=recvonly\r\n" + peer.TransportLines("actpass") +
        "a=rtpmap:120 VP8/90000\r\na=rtcp-fb:120 nack\r\n" + (rtx ? "a=rtpmap:121 rtx/90000\r\na=fmtp:121 apt=120\r\n" : "");

    /// <summary>Answers an offer of the node and accepts all sections.</summary>
    public static string Answer(string offer, SyntheticPeer peer)
    {
        Assert.True(SessionDescription.TryParse(offer, out var description, out var error), error?.ToString());
        var text = Head(string.Join(' ', description.Sections.Select(s => s.Mid)));
        foreach (var section in description.Sections)
        {
            text += $"m={section.Kind} 9 {section.Protocol} {string.Join(' ', section.Formats)}\r\na=mid:{section.Mid}\r\n" +
                $"a={(section.Direction == MediaDirection.SendOnly ? "recvonly" : "inactive")}\r\n" + peer.TransportLines("active");
            foreach (var attribute in section.Attributes.Where(a => a.Name is "rtpmap" or "fmtp" or "extmap"))
            {
                text += attribute + "\r\n";
            }
        }

        return text;
    }

    private static string Head(string mids) => $"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\n";
}
