namespace MeetOperator.Rtp.Packets;

/// <summary>What the first bytes of a datagram say it is (RFC 7983 §7, RFC 5761 §4).</summary>
public enum PacketKind : byte
{
    Unknown,
    Stun,
    Dtls,
    TurnChannel,
    Rtp,
    Rtcp,
}
