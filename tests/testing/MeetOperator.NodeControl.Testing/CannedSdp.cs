using System.Text;

namespace MeetOperator.NodeControl.Testing;

/// <summary>SDP that is well formed and carries no media: answers mirror the offer's sections, offers have one section a track.</summary>
public static class CannedSdp
{
    private const string Transport =
        "a=ice-ufrag:simu\r\na=ice-pwd:simulatedsimulatedsimul\r\n" +
        "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n";

    /// <summary>Accepts every section of <paramref name="offer"/> with its first payload type, as an ICE-lite, passive server.</summary>
    public static string Answer(string offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        var sections = Sections(offer);
        var sdp = Head([.. sections.Select(section => section.Mid)], lite: true);
        foreach (var section in sections)
        {
            sdp.Append($"m={section.Kind} 9 UDP/TLS/RTP/SAVPF {section.PayloadType}\r\nc=IN IP4 127.0.0.1\r\n");
            sdp.Append($"a=mid:{section.Mid}\r\na={Opposite(section.Direction)}\r\na=rtcp-mux\r\na=setup:passive\r\n{Transport}");
            sdp.Append("a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n");
        }

        return sdp.ToString();
    }

    /// <summary>Offers one sendonly section a track; mids are the positions.</summary>
    public static string Offer(IReadOnlyList<TrackDescription> tracks)
    {
        ArgumentNullException.ThrowIfNull(tracks);
        var sdp = Head([.. tracks.Select(track => track.Mid ?? "0")], lite: true);
        foreach (var track in tracks)
        {
            var (payloadType, codec) = track.Kind == "audio" ? (111, "opus/48000/2") : (96, "VP8/90000");
            var stream = track.Source.StartsWith("screen", StringComparison.Ordinal) ? $"{track.ParticipantId}-screen" : track.ParticipantId;
            sdp.Append($"m={track.Kind} 9 UDP/TLS/RTP/SAVPF {payloadType}\r\nc=IN IP4 127.0.0.1\r\na=mid:{track.Mid}\r\na=sendonly\r\na=rtcp-mux\r\n");
            sdp.Append($"a=setup:actpass\r\na=rtpmap:{payloadType} {codec}\r\na=msid:{stream} {track.ParticipantId}-{track.Source}\r\n{Transport}");
            sdp.Append("a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n");
        }

        return sdp.ToString();
    }

    /// <summary>The media sections of a description: kind, mid, first payload type and direction.</summary>
    public static IReadOnlyList<(string Kind, string Mid, string PayloadType, string Direction)> Sections(string sdp)
    {
        ArgumentNullException.ThrowIfNull(sdp);
        var sections = new List<(string Kind, string Mid, string PayloadType, string Direction)>();
        foreach (var line in sdp.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("m=", StringComparison.Ordinal))
            {
                var parts = line[2..].Split(' ');
                sections.Add((parts[0], $"{sections.Count}", parts.Length > 3 ? parts[3] : "0", "sendrecv"));
            }
            else if (sections.Count > 0 && line.StartsWith("a=mid:", StringComparison.Ordinal))
            {
                sections[^1] = sections[^1] with { Mid = line["a=mid:".Length..] };
            }
            else if (sections.Count > 0 && line is "a=sendonly" or "a=recvonly" or "a=inactive")
            {
                sections[^1] = sections[^1] with { Direction = line[2..] };
            }
        }

        return sections;
    }

    private static StringBuilder Head(IReadOnlyList<string> mids, bool lite)
    {
        var sdp = new StringBuilder("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
        sdp.Append(lite ? "a=ice-lite\r\n" : string.Empty);
        return sdp.Append($"a=group:BUNDLE {string.Join(' ', mids)}\r\n");
    }

    private static string Opposite(string direction) => direction switch
    {
        "sendonly" => "recvonly",
        "recvonly" => "sendonly",
        _ => direction,
    };
}
