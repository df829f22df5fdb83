namespace MeetOperator.Rtc.Ice;

public enum IceRole
{
    /// <summary>Responds to checks and follows the peer's nominations: the media node.</summary>
    Lite,

    /// <summary>Sends checks and nominates: a client.</summary>
    Controlling,
}
