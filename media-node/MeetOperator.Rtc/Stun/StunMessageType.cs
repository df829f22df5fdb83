namespace MeetOperator.Rtc.Stun;

/// <summary>The message types of the Binding method (RFC 8489 §5).</summary>
public enum StunMessageType : ushort
{
    BindingRequest = 0x0001,
    BindingIndication = 0x0011,
    BindingSuccess = 0x0101,
    BindingError = 0x0111,
}
