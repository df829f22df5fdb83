namespace MeetOperator.Rtc.Srtp;

/// <summary>SRTP (RFC 3711, RFC 7714) with reusable OpenSSL contexts.</summary>
internal sealed class SrtpSession : ISrtpSession
{
    private readonly SrtpSender _sender;
    private readonly SrtpReceiver _receiver;

    /// <param name="local">Keys for outbound packets.</param>
    /// <param name="remote">Keys for inbound packets.</param>
    /// <param name="maximumInboundStreams">Maximum number of inbound SSRCs with full state.</param>
    public SrtpSession(SrtpKeys local, SrtpKeys remote, int maximumInboundStreams = 256)
    {
        Profile = local.Profile;
        _sender = new SrtpSender(local);
        _receiver = new SrtpReceiver(remote, maximumInboundStreams);
    }

    public SrtpProfile Profile { get; }

    public bool IsNewestPacket => _receiver.IsNewestPacket;

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
