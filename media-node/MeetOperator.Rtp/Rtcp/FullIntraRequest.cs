namespace MeetOperator.Rtp.Rtcp;

/// <summary>One entry of a FIR.</summary>
/// <param name="Ssrc">The stream that a key frame is asked of.</param>
/// <param name="SequenceNumber">Differs from the last one for a new request, equal for a repetition.</param>
public readonly record struct FullIntraRequest(uint Ssrc, byte SequenceNumber);
