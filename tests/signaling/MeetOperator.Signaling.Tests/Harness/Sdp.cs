namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>Session descriptions with the parts of a browser SDP that signaling reads.</summary>
internal static class Sdp
{
    public static string Publish(string origin = "4611731400430051336") =>
        $"v=0\r\no=- {origin} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
        + Section("audio", "0", "111", "sendonly") + Section("video", "1", "96", "sendonly");

    public static string Play() =>
        "v=0\r\no=- 77 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" + Section("video", "0", "96", "recvonly");

    public static string Answer() => "v=0\r\no=- 99 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + Section("video", "0", "96", "recvonly");

    private static string Section(string kind, string mid, string payload, string direction) =>
        $"m={kind} 9 UDP/TLS/RTP/SAVPF {payload}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\n";
}
