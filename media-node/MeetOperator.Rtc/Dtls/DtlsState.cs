namespace MeetOperator.Rtc.Dtls;

public enum DtlsState
{
    /// <summary>Nothing sent or received.</summary>
    New,

    Handshaking,

    /// <summary>Keys can be exported.</summary>
    Established,

    /// <summary>The peer said close_notify, or the association broke after it was established.</summary>
    Closed,

    /// <summary>The handshake was refused.</summary>
    Failed,
}
