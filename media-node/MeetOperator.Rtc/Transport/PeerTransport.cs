using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Srtp;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtc;

/// <summary>
/// One peer connection's transport: ICE, DTLS and SRTP behind one door. Sans-IO: datagrams and the time go in, outputs
/// are polled, the next timeout is asked for. Not thread-safe: one loop owns it.
/// All times are monotonic 100 ns ticks.
/// </summary>
public sealed class PeerTransport : IDisposable
{
    private readonly PeerTransportOptions options;

    public PeerTransport(PeerTransportOptions options) => this.options = options;

    public IceCredentials LocalCredentials => options.LocalCredentials;

    public PeerTransportState State { get; private set; }

    public TransportFailure Failure { get; private set; }

    /// <summary>Where media goes: the pair that ICE selected.</summary>
    public TransportAddress? SelectedAddress { get; private set; }

    /// <summary>The negotiated profile, once connected.</summary>
    public SrtpProfile? Profile { get; private set; }

    public DropCounters Drops { get; } = new();

    /// <summary>When <see cref="HandleTimeout"/> wants to be called; <see cref="long.MaxValue"/> when never.</summary>
    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    /// <summary>Gives the peer's credentials and fingerprint, and for a controlling agent the address to check.</summary>
    public void SetRemote(IceCredentials credentials, Fingerprint fingerprint, TransportAddress? candidate = null)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        ArgumentNullException.ThrowIfNull(fingerprint);
    }

    /// <summary>
    /// Takes one datagram. STUN and DTLS are consumed; SRTP and SRTCP are checked and decrypted in place, so that the
    /// buffer then starts with the plaintext packet.
    /// </summary>
    public DatagramResult HandleDatagram(long nowTicks, in TransportAddress from, Span<byte> datagram)
    {
        var reason = PacketClassifier.Classify(datagram) is PacketKind.Unknown or PacketKind.TurnChannel
            ? DropReason.UnknownKind
            : DropReason.UnvalidatedSource;
        Drops.Count(reason);
        return DatagramResult.Dropped(reason);
    }

    /// <summary>The next thing to do; false when there is none. Call until false after each datagram and timeout.</summary>
    public bool TryPoll(out TransportOutput output)
    {
        output = default;
        return false;
    }

    /// <summary>Lets time pass: retransmissions, checks, consent.</summary>
    public void HandleTimeout(long nowTicks)
    {
    }

    /// <summary>
    /// Writes header, encrypted payload and tag to the destination, reading the payload where it lies. Allocates nothing.
    /// </summary>
    /// <returns>Bytes written; 0 when there are no keys or the destination is too small.</returns>
    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination) => 0;

    /// <summary>Writes the SRTCP form of a compound packet.</summary>
    /// <returns>Bytes written; 0 when there are no keys or the destination is too small.</returns>
    public int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination) => 0;

    public void Dispose() => State = PeerTransportState.Closed;
}
