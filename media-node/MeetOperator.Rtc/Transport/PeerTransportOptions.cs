using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.Rtc.Transport;

/// <summary>The settings of a <see cref="PeerTransport"/>.</summary>
public sealed class PeerTransportOptions
{
    public required IceCredentials LocalCredentials { get; init; }

    /// <summary>The local certificate. All transports of a process share it and do not dispose it.</summary>
    public required DtlsCertificate Certificate { get; init; }

    /// <summary>The media node is ICE-lite. Controlling makes the transport a synthetic client.</summary>
    public IceRole IceRole { get; init; } = IceRole.Lite;

    /// <summary>The media node is always the passive side.</summary>
    public DtlsRole DtlsRole { get; init; } = DtlsRole.Server;

    /// <summary>
    /// Whether the packets travel on a connection of the host that is encrypted and authenticated itself (<see cref="PeerTransport.OpenTunnel"/>), without ICE, DTLS and SRTP. Such a transport accepts
    /// nothing from elsewhere.
    /// </summary>
    public bool IsTunnel { get; init; }

    /// <summary>
    /// Source of STUN transaction IDs and of the variation of the consent interval. A response confirms an address only if the peer cannot predict
    /// the ID, so the media node passes a <see cref="SecureRandom"/>. Tests pass a seeded one.
    /// </summary>
    public required Random Random { get; init; }

    /// <summary>Silence after which the peer counts as disconnected. Browsers send checks every 2.5 to 5 s and reports every second.</summary>
    public long SilenceTimeoutTicks { get; init; } = 10 * TimeSpan.TicksPerSecond;

    /// <summary>Time without a valid check after which sending stops, even when media still arrives (RFC 7675 §5.1).</summary>
    public long ConsentTimeoutTicks { get; init; } = 30 * TimeSpan.TicksPerSecond;

    /// <summary>Time from the first DTLS record or the local ClientHello after which the handshake fails.</summary>
    public long HandshakeTimeoutTicks { get; init; } = 15 * TimeSpan.TicksPerSecond;

    /// <summary>Maximum UDP payload of a handshake datagram. 1,200 bytes fit the MTU of all common paths.</summary>
    public int HandshakeMtuBytes { get; init; } = 1200;

    /// <summary>
    /// Maximum number of inbound streams (SSRCs) with full state. The least recently used one is evicted. A session can open sixteen times as many.
    /// </summary>
    public int MaximumInboundStreams { get; init; } = 256;
}
