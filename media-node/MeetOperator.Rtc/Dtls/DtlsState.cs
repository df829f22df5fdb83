namespace MeetOperator.Rtc.Dtls;

internal enum DtlsState
{
    /// <summary>Nothing was sent or received.</summary>
    New,

    Handshaking,

    /// <summary>Keys can be exported.</summary>
    Established,

    /// <summary>The peer sent a close_notify alert, or the local side closed the association.</summary>
    Closed,

    /// <summary>The handshake failed.</summary>
    Failed,
}
