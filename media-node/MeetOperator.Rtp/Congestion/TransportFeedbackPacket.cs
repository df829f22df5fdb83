namespace MeetOperator.Rtp.Congestion;

/// <summary>The status of one packet in a feedback.</summary>
/// <param name="SequenceNumber">The transport-wide sequence number.</param>
/// <param name="IsReceived">Whether the receiver has received the packet.</param>
/// <param name="ArrivalTicks">The arrival time on the receiver's clock with a resolution of 250 µs; 0 when the packet was not received.</param>
public readonly record struct TransportFeedbackPacket(ushort SequenceNumber, bool IsReceived, long ArrivalTicks);
