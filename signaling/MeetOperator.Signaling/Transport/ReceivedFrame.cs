namespace MeetOperator.Signaling.Transport;

/// <summary>A frame from a client. It owns its memory.</summary>
internal readonly record struct ReceivedFrame(ReadOnlyMemory<byte> Bytes, bool IsText);
