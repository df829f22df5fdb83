namespace MeetOperator.Rtc.Srtp;

/// <summary>Our framing of SRTP (RFC 3711, RFC 7714) over kept OpenSSL contexts.</summary>
public sealed class SrtpSession : ISrtpSession
{
    private readonly SrtpSender sender;
    private readonly SrtpReceiver receiver;

    /// <param name="local">Keys of what we send.</param>
    /// <param name="remote">Keys of what the peer sends.</param>
    /// <param name="maximumInboundStreams">SSRCs of the peer that have full state at a time.</param>
    public SrtpSession(SrtpKeys local, SrtpKeys remote, int maximumInboundStreams = 256)
    {
        Profile = local.Profile;
        sender = new SrtpSender(local);
        receiver = new SrtpReceiver(remote, maximumInboundStreams);
    }

    public SrtpProfile Profile { get; }

    public bool LastWasNewest => receiver.LastWasNewest;

    public int StreamsOpened => receiver.StreamsOpened;

    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination) =>
        sender.ProtectRtp(header, payload, destination);

    public int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination) => sender.ProtectRtcp(packet, destination);

    public SrtpStatus UnprotectRtp(Span<byte> packet, out int length) => receiver.UnprotectRtp(packet, out length);

    public SrtpStatus UnprotectRtcp(Span<byte> packet, out int length) => receiver.UnprotectRtcp(packet, out length);

    public void Dispose()
    {
        sender.Dispose();
        receiver.Dispose();
    }
}
