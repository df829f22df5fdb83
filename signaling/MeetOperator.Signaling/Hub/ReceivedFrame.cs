namespace MeetOperator.Signaling;

/// <summary>A frame of a client; the memory is its own.</summary>
public readonly record struct ReceivedFrame(ReadOnlyMemory<byte> Bytes, bool IsText);
