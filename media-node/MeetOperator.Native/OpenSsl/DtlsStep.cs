namespace MeetOperator.Native.OpenSsl;

/// <summary>Where a DTLS association stands after it was given input.</summary>
public enum DtlsStep
{
    /// <summary>The handshake needs more from the peer.</summary>
    Handshaking,

    /// <summary>The handshake is complete and keys can be exported.</summary>
    Established,

    /// <summary>The peer said close_notify.</summary>
    Closed,

    /// <summary>OpenSSL gave up; see <see cref="DtlsConnection.Error"/>.</summary>
    Failed,
}
