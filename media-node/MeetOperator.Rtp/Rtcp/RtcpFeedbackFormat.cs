namespace MeetOperator.Rtp.Rtcp;

/// <summary>The supported FMT values. The prefix of a name is the packet type that the value belongs to.</summary>
public static class RtcpFeedbackFormat
{
    /// <summary>Transport feedback: generic NACK (RFC 4585 §6.2.1).</summary>
    public const byte TransportNack = 1;

    /// <summary>Transport feedback: transport-wide congestion control.</summary>
    public const byte TransportWideCongestion = 15;

    /// <summary>Payload feedback: picture loss indication (RFC 4585 §6.3.1).</summary>
    public const byte PayloadPictureLoss = 1;

    /// <summary>Payload feedback: full intra request (RFC 5104 §4.3.1).</summary>
    public const byte PayloadFullIntraRequest = 4;

    /// <summary>Payload feedback: application layer message (RFC 4585 §6.4), which REMB is.</summary>
    public const byte PayloadApplication = 15;
}
