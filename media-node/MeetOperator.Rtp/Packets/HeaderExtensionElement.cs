namespace MeetOperator.Rtp.Packets;

/// <summary>One header extension element: its ID, and the offset and length of its value in the packet.</summary>
public readonly record struct HeaderExtensionElement(byte Id, int Offset, int Length);
