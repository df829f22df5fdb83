using MeetOperator.MediaNode.Loops;
using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Transport;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>One end of a link with its real handshake, encryption and ordered channel. Datagrams get lost and are delayed as the test wants.</summary>
internal sealed class EncryptedLinkEnd : ILinkPeer, IDisposable
{
    private const long DelayTicks = 5 * TimeSpan.TicksPerMillisecond;
    private readonly LinkTransport _transport;
    private readonly Random _random;
    private readonly Func<long> _now;
    private readonly Queue<(byte[] Datagram, long Due)> _sent = new();
    private readonly byte[] _buffer = new byte[2_000];
    private int _channelsOpened;

    public EncryptedLinkEnd(LinkRole role, int seed, Func<long> now)
    {
        _now = now;
        _random = new Random(seed);
        var (opener, acceptor) = (1u, 2u);
        _transport = new LinkTransport(new LinkOptions
        {
            Role = role,
            LocalTag = role == LinkRole.Opener ? opener : acceptor,
            RemoteTag = role == LinkRole.Opener ? acceptor : opener,
            Random = new Random(seed),
        });
        Renew(1);
    }

    public double LossRate { get; set; }

    public bool IsReady => _transport.Epoch is not null;

    public bool HasRoom => _transport.HasRoom;

    public ushort? Epoch => _transport.Epoch;

    public long RoundTripTicks => _transport.RoundTripTicks;

    /// <summary>Packets that encryption refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Datagrams that the other end could not use.</summary>
    public int Dropped { get; private set; }

    /// <summary>Replaces the secret. Both ends use the same one for an epoch.</summary>
    public void Renew(params ushort[] epochs) => _transport.SetSecrets(_now(), epochs.Select(epoch => new LinkSecret(epoch, Enumerable.Repeat((byte)epoch, LinkSecret.Length).ToArray())));

    /// <summary>Takes what the other end has sent, and sends what is due.</summary>
    public void Step(EncryptedLinkEnd other, Action onOpened, MessageHandler onMessage, PacketHandler onPacket)
    {
        while (other._sent.TryPeek(out var next) && next.Due <= _now())
        {
            Handle(other._sent.Dequeue().Datagram, onOpened, onMessage, onPacket);
        }

        if (_transport.NextTimeoutTicks <= _now())
        {
            _transport.HandleTimeout(_now());
        }

        while (_transport.TryPoll(_now(), _buffer, out var written))
        {
            Transmit(_buffer.AsSpan(0, written));
        }
    }

    public delegate void MessageHandler(ReadOnlySpan<byte> message);

    public delegate void PacketHandler(Span<byte> packet, bool isRtcp);

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var length = _transport.ProtectRtp(header, payload, _buffer);
        Refused += length == 0 ? 1 : 0;
        Transmit(_buffer.AsSpan(0, length));
        return _buffer.AsSpan(0, length);
    }

    public void Retransmit(ReadOnlySpan<byte> packet) => Transmit(packet);

    public void SendRtcp(ReadOnlySpan<byte> compound) => Transmit(_buffer.AsSpan(0, _transport.ProtectRtcp(compound, _buffer)));

    public bool TrySend(ReadOnlySpan<byte> message, ulong? key = null) => _transport.TrySend(_now(), message, key);

    public void WakeAt(long ticks)
    {
    }

    public void Fail(Exception error) => throw new InvalidOperationException("Unexpected failure of the link.", error);

    public void Dispose() => _transport.Dispose();

    private void Handle(byte[] datagram, Action onOpened, MessageHandler onMessage, PacketHandler onPacket)
    {
        var result = _transport.Handle(_now(), datagram);
        if (_channelsOpened != _transport.ChannelsOpened)
        {
            _channelsOpened = _transport.ChannelsOpened;
            onOpened();
        }

        while (_transport.TryReceive(out var message))
        {
            onMessage(message);
        }

        if (result.Kind is LinkReceivedKind.Rtp or LinkReceivedKind.Rtcp)
        {
            onPacket(datagram.AsSpan(LinkDatagram.HeaderLength, result.Length), result.Kind == LinkReceivedKind.Rtcp);
        }

        Dropped += result.Kind == LinkReceivedKind.Dropped ? 1 : 0;
    }

    private void Transmit(ReadOnlySpan<byte> datagram)
    {
        if (!datagram.IsEmpty && _random.NextDouble() >= LossRate)
        {
            _sent.Enqueue((datagram.ToArray(), _now() + DelayTicks));
        }
    }
}
