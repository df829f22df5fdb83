namespace MeetOperator.Rtp.Congestion;

/// <summary>One packet of a feedback.</summary>
/// <param name="SequenceNumber">Its transport-wide sequence number.</param>
/// <param name="Received">False when the receiver has not seen it.</param>
/// <param name="ArrivalTicks">On the receiver's clock, to 250 µs; 0 when it was not received.</param>
public readonly record struct TransportFeedbackPacket(ushort SequenceNumber, bool Received, long ArrivalTicks);
