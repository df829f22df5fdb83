namespace MeetOperator.Rtp.Packets;

/// <summary>The protocol of a datagram, from its first two bytes (RFC 7983 §7, RFC 5761 §4).</summary>
public enum PacketKind : byte
{
    Unknown,
    Stun,
    Dtls,
    TurnChannel,
    Rtp,
    Rtcp,
}
