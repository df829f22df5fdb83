using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.Probe;

/// <summary>Writes offers that send or receive one Opus and one VP8 track.</summary>
internal static class ProbeSdp
{
    public const byte AudioPayloadType = 111;
    public const byte VideoPayloadType = 96;

    public static string Offer(bool isSender, IceCredentials credentials, Fingerprint fingerprint, MediaStream audio, MediaStream video)
    {
        var direction = isSender ? "sendonly" : "recvonly";
        var transport = $"c=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=ice-ufrag:{credentials.Ufrag}\r\na=ice-pwd:{credentials.Password}\r\n" +
            $"a=fingerprint:{fingerprint}\r\na=setup:{(isSender ? "actpass" : "active")}\r\na={direction}\r\n";
        return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n" +
            $"m=audio 9 UDP/TLS/RTP/SAVPF {AudioPayloadType}\r\na=mid:0\r\n" + transport +
            $"a=rtpmap:{AudioPayloadType} opus/48000/2\r\n" + Source(isSender, audio) +
            $"m=video 9 UDP/TLS/RTP/SAVPF {VideoPayloadType}\r\na=mid:1\r\n" + transport +
            $"a=rtpmap:{VideoPayloadType} VP8/90000\r\na=rtcp-fb:{VideoPayloadType} nack pli\r\n" + Source(isSender, video);
    }

    private static string Source(bool isSender, MediaStream stream) => isSender ? $"a=msid:probe {stream.Name}\r\na=ssrc:{stream.Ssrc} cname:probe\r\n" : "";
}
