namespace MeetOperator.Rtc.Dtls;

public enum DtlsRole
{
    /// <summary>Waits for the ClientHello (<c>a=setup:passive</c>).</summary>
    Server,

    /// <summary>Sends the ClientHello (<c>a=setup:active</c>).</summary>
    Client,
}
