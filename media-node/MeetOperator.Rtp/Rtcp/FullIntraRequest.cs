namespace MeetOperator.Rtp.Rtcp;

/// <summary>One entry of a FIR.</summary>
/// <param name="Ssrc">The stream from which a key frame is requested.</param>
/// <param name="SequenceNumber">Changes with each new request; a repetition has the same value.</param>
public readonly record struct FullIntraRequest(uint Ssrc, byte SequenceNumber);
