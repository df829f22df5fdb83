namespace MeetOperator.Stun;

/// <summary>What carries a STUN message.</summary>
public enum StunTransport
{
    Udp,

    /// <summary>TCP, as to a relay (RFC 8489 §6.2.2).</summary>
    Tcp,

    /// <summary>TLS over TCP, as to a relay.</summary>
    Tls,

    /// <summary>TCP with a length before each message, as to a media node (ICE-TCP: RFC 6544, RFC 4571).</summary>
    IceTcp,
}
