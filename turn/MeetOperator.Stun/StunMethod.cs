namespace MeetOperator.Stun;

/// <summary>Types of requests and indications (RFC 8489 §5, RFC 8656 §17).</summary>
public enum StunMethod
{
    Binding = 0x0001,
    Allocate = 0x0003,
    Refresh = 0x0004,
    Send = 0x0016, // an indication
    Data = 0x0017, // an indication
    CreatePermission = 0x0008,
    ChannelBind = 0x0009,
    Connect = 0x000A,
}
