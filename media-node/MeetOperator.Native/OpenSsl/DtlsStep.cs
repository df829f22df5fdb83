namespace MeetOperator.Native.OpenSsl;

/// <summary>The state of a DTLS association after it processed input.</summary>
public enum DtlsStep
{
    /// <summary>The handshake needs more input from the peer.</summary>
    Handshaking,

    /// <summary>The handshake is complete and keys can be exported.</summary>
    Established,

    /// <summary>The peer sent a close_notify alert.</summary>
    Closed,

    /// <summary>OpenSSL reported an error.</summary>
    Failed,
}
