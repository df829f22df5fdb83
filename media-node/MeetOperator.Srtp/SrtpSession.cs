namespace MeetOperator.Srtp;

/// <summary>SRTP (RFC 3711, RFC 7714) with reusable OpenSSL contexts. Allocates only for the first packet of a stream. Not thread-safe.</summary>
public sealed class SrtpSession : ISrtpSession
{
    private readonly SrtpSender _sender;
    private readonly SrtpReceiver _receiver;

    /// <param name="local">Keys for outbound packets.</param>
    /// <param name="remote">Keys for inbound packets.</param>
    /// <param name="maximumInboundStreams">
    /// Maximum number of inbound SSRCs with full state. The least recently used one is evicted. A session can open sixteen times as many.
    /// </param>
    /// <param name="maximumOutboundStreams">The same for outbound SSRCs. The default is enough for all sections of the largest peer connection, including RTX streams.</param>
    /// <param name="startsAnywhere">
    /// Whether inbound streams may start with any sequence number, as they do when keys are replaced while media flows. RFC 3711 §3.3.1 relies on a start in the
    /// lower half: if the first packets are lost and the number wraps, the receiver assumes a wrong rollover counter and rejects the stream for ever.
    /// </param>
    public SrtpSession(SrtpKeys local, SrtpKeys remote, int maximumInboundStreams = 256, int maximumOutboundStreams = 1024, bool startsAnywhere = false)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(remote);
        Profile = local.Profile;
        _sender = new SrtpSender(local, maximumOutboundStreams);
        _receiver = new SrtpReceiver(remote, maximumInboundStreams, startsAnywhere);
    }

    public SrtpProfile? Profile { get; }

    public bool IsNewestPacket => _receiver.IsNewestPacket;

    /// <summary>
    /// Whether three quarters of a limit are used up: the streams of either direction, or the indexes of outbound RTCP packets (RFC 3711 §9.2). Packets beyond a limit are refused, so
    /// the keys must be replaced before.
    /// </summary>
    public bool IsNearLimit => _sender.IsNearLimit || _receiver.IsNearLimit;

    public int StreamsOpened => _receiver.StreamsOpened;

    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination) =>
        _sender.ProtectRtp(header, payload, destination);

    public int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination) => _sender.ProtectRtcp(packet, destination);

    public SrtpStatus UnprotectRtp(Span<byte> packet, out int length) => _receiver.UnprotectRtp(packet, out length);

    public SrtpStatus UnprotectRtcp(Span<byte> packet, out int length) => _receiver.UnprotectRtcp(packet, out length);

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }
}
