namespace MeetOperator.Turn.Probing;

/// <summary>Types of requests.</summary>
internal enum StunMethod
{
    Binding = 0x0001,
    Allocate = 0x0003,
    Refresh = 0x0004,
    Send = 0x0016, // an indication
    CreatePermission = 0x0008,
    ChannelBind = 0x0009,
    Connect = 0x000A,
}
