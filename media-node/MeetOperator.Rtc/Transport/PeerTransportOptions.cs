using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.Rtc;

/// <summary>What a <see cref="PeerTransport"/> starts with.</summary>
public sealed class PeerTransportOptions
{
    public required IceCredentials LocalCredentials { get; init; }

    /// <summary>Our certificate; shared by all transports of a process and not disposed by them.</summary>
    public required DtlsCertificate Certificate { get; init; }

    /// <summary>We are ICE-lite; Controlling makes the transport a synthetic client.</summary>
    public IceRole IceRole { get; init; } = IceRole.Lite;

    /// <summary>The media node is always the passive side.</summary>
    public DtlsRole DtlsRole { get; init; } = DtlsRole.Server;

    /// <summary>
    /// Source of STUN transaction ids and of the consent interval's spread. That a peer cannot foresee the ids is what its answers prove, so the node
    /// gives a <see cref="SecureRandom"/>; give a seeded one in tests.
    /// </summary>
    public required Random Random { get; init; }

    /// <summary>Silence after which the peer counts as gone. Browsers send checks every 2.5 to 5 s and reports every second.</summary>
    public long SilenceTimeoutTicks { get; init; } = 10 * TimeSpan.TicksPerSecond;

    /// <summary>Time without a valid check after which we stop sending, whatever else arrives (RFC 7675 §5.1).</summary>
    public long ConsentTimeoutTicks { get; init; } = 30 * TimeSpan.TicksPerSecond;

    /// <summary>Time from the first DTLS record, or from our ClientHello, after which the handshake has failed.</summary>
    public long HandshakeTimeoutTicks { get; init; } = 15 * TimeSpan.TicksPerSecond;

    /// <summary>Largest UDP payload of a handshake datagram. 1,200 fits every path that WebRTC meets.</summary>
    public int HandshakeMtuBytes { get; init; } = 1200;

    /// <summary>Streams (SSRCs) of one peer with full state. When it opens more, the one unused for longest rests; sixteen times as many in all.</summary>
    public int MaximumInboundStreams { get; init; } = 256;
}
