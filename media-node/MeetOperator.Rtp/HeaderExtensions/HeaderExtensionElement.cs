namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>One header extension element: its id and where its value lies in the packet.</summary>
public readonly record struct HeaderExtensionElement(byte Id, int Offset, int Length);
