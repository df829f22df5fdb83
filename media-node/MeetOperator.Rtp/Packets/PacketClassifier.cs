namespace MeetOperator.Rtp.Packets;

/// <summary>Demultiplexes the protocols that share one UDP port.</summary>
public static class PacketClassifier
{
    /// <summary>The kind of a datagram, from its first two bytes.</summary>
    public static PacketKind Classify(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < 2)
        {
            return PacketKind.Unknown;
        }

        // RFC 7983 §7: [0..3] STUN, [20..63] DTLS, [64..79] TURN channel, [128..191] RTP and RTCP.
        return datagram[0] switch
        {
            <= 3 => PacketKind.Stun,
            >= 20 and <= 63 => PacketKind.Dtls,
            >= 64 and <= 79 => PacketKind.TurnChannel,

            // RFC 5761 §4: with rtcp-mux, packet types 192 to 223 are RTCP.
            >= 128 and <= 191 => datagram[1] is >= 192 and <= 223 ? PacketKind.Rtcp : PacketKind.Rtp,
            _ => PacketKind.Unknown,
        };
    }
}
