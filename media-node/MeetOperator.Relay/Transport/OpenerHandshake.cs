using System.Buffers.Binary;
using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Keys;

namespace MeetOperator.Relay.Transport;

/// <summary>
/// The opener's side of the handshake: sends hellos until an accept arrives, then confirms until <see cref="Stop"/>. An attempt takes at most one accept, so a nonce
/// makes at most one session. All times are in 100 ns ticks.
/// </summary>
/// <param name="options">The settings of the link.</param>
/// <param name="secrets">The secrets of the link.</param>
/// <param name="newChannels">Limits the sessions that start a new ordered channel.</param>
internal sealed class OpenerHandshake(LinkOptions options, LinkSecrets secrets, NewChannelLimit newChannels)
{
    private const long FirstIntervalTicks = 50 * TimeSpan.TicksPerMillisecond;
    private const long MaximumIntervalTicks = TimeSpan.TicksPerSecond;

    /// <summary>How long confirms are sent before a new attempt. The acceptor may have restarted after its accept.</summary>
    private const long ConfirmTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Hellos with one nonce. The acceptor answers a new nonce even while an attacker sends captured hellos (<see cref="HelloLimit"/>).</summary>
    private const int HellosPerNonce = 4;

    private ushort[] _epochs = [];
    private ushort? _channel;
    private ushort _session = (ushort)options.Random.Next(ushort.MaxValue + 1);
    private UInt128 _nonce;
    private HandshakeMessage? _confirm;
    private long _confirmUntilTicks;
    private long _intervalTicks;
    private int _hellos;

    internal bool IsRunning => NextTimeoutTicks != long.MaxValue;

    /// <summary>Whether an accept has arrived, so that the acceptor may have the session.</summary>
    internal bool IsConfirming => _confirm is not null;

    /// <summary>The lowest and the highest epoch of the latest attempt.</summary>
    internal (ushort Minimum, ushort Maximum) Range { get; private set; }

    internal long NextTimeoutTicks { get; private set; } = long.MaxValue;

    /// <summary>Starts an attempt.</summary>
    /// <param name="atTicks">When the first hello is sent.</param>
    /// <param name="range">The lowest and the highest epoch to try. Epochs are tried in turn, the newest first, because the other end may lack a new one.</param>
    /// <param name="channel">The ordered channel to continue, or null for a new one.</param>
    internal void Start(long atTicks, (ushort Minimum, ushort Maximum) range, ushort? channel)
    {
        Range = range;
        _epochs = [.. secrets.Epochs.Where(epoch => epoch >= range.Minimum && epoch <= range.Maximum)];
        _channel = channel;
        _confirm = null;
        _hellos = 0;
        _intervalTicks = FirstIntervalTicks;
        _session += (ushort)((ushort)(_session + 1) == channel ? 2 : 1); // a session with the number of its channel starts that channel
        _nonce = NewNonce(options.Random);
        NextTimeoutTicks = _epochs.Length == 0 ? long.MaxValue : atTicks;
    }

    /// <summary>Starts again with the new secrets, unless the secret of an accept is still valid.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="endedEpochs">The epochs whose secret is gone or has other bytes now.</param>
    internal void OnSecretsChanged(long nowTicks, HashSet<ushort> endedEpochs)
    {
        if (IsRunning && (_confirm is not { } confirm || endedEpochs.Contains(confirm.Epoch)))
        {
            Start(nowTicks, Range, _channel);
        }
    }

    internal void Stop()
    {
        _confirm = null;
        NextTimeoutTicks = long.MaxValue;
    }

    /// <summary>Writes the due hello or confirm. Returns its length, or 0 when nothing is due.</summary>
    internal int Write(long nowTicks, Span<byte> destination)
    {
        if (nowTicks < NextTimeoutTicks)
        {
            return 0;
        }

        if (_confirm is not null && nowTicks >= _confirmUntilTicks)
        {
            Start(nowTicks, Range, _channel);
        }

        if (!IsRunning)
        {
            return 0;
        }

        var message = _confirm ?? NextHello();

        // An attacker cannot send captured hellos just before each of this end.
        NextTimeoutTicks = nowTicks + (long)(_intervalTicks * (0.875 + (0.25 * options.Random.NextDouble())));
        _intervalTicks = Math.Min(2 * _intervalTicks, MaximumIntervalTicks);
        return secrets.Find(message.Epoch) is { } secret ? message.Write(destination, secret.MacKey) : 0;
    }

    /// <summary>Checks an accept. If it answers this attempt, a confirm is due and its keys may be used.</summary>
    internal LinkDropReason Accept(long nowTicks, in HandshakeMessage accept, ReadOnlySpan<byte> datagram)
    {
        if (!IsRunning || IsConfirming || accept.OpenerNonce != _nonce || accept.Session != _session || !_epochs.Contains(accept.Epoch))
        {
            return LinkDropReason.Unexpected;
        }

        if (secrets.Find(accept.Epoch) is not { } secret)
        {
            return LinkDropReason.UnknownEpoch;
        }

        if (!HandshakeMessage.IsAuthentic(datagram, secret.MacKey))
        {
            return LinkDropReason.NotAuthentic;
        }

        if (accept.Version != HandshakeMessage.CurrentVersion)
        {
            return LinkDropReason.Version;
        }

        if (!accept.StartsChannel && accept.Channel != _channel)
        {
            return LinkDropReason.Malformed;
        }

        if (accept.StartsChannel && !newChannels.TryTake(nowTicks))
        {
            return LinkDropReason.Rate; // the next hello is answered again
        }

        _confirm = accept with { Kind = LinkDatagramKind.Confirm, Tag = options.RemoteTag };
        _confirmUntilTicks = nowTicks + ConfirmTicks;
        _intervalTicks = FirstIntervalTicks;
        NextTimeoutTicks = nowTicks;
        return LinkDropReason.None;
    }

    private HandshakeMessage NextHello()
    {
        var count = _hellos++;
        if (count > 0 && count % HellosPerNonce == 0)
        {
            _nonce = NewNonce(options.Random);
        }

        return new HandshakeMessage
        {
            Kind = LinkDatagramKind.Hello,
            Epoch = _epochs[count % _epochs.Length],
            Tag = options.RemoteTag,
            Version = HandshakeMessage.CurrentVersion,
            Session = _session,
            Channel = _channel ?? _session,
            OpenerNonce = _nonce,
        };
    }

    /// <summary>A nonce of 128 bits from the source of randomness.</summary>
    internal static UInt128 NewNonce(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
