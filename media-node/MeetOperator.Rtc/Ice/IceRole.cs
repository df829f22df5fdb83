namespace MeetOperator.Rtc.Ice;

public enum IceRole
{
    /// <summary>Answers checks and takes what the peer nominates: the media node.</summary>
    Lite,

    /// <summary>Sends checks and nominates: a client.</summary>
    Controlling,
}
