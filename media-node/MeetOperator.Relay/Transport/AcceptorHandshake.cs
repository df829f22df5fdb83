using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Keys;

namespace MeetOperator.Relay.Transport;

/// <summary>
/// The acceptor's side of the handshake. A hello changes no state: it is answered with a nonce of this end, and only a confirm that returns the nonce opens a session. The
/// nonce is then replaced, so that it makes one session, and a replayed confirm makes none. All times are in 100 ns ticks.
/// </summary>
internal sealed class AcceptorHandshake(LinkOptions options, LinkSecrets secrets)
{
    /// <summary>Hellos answered per second. Each costs two MACs and a datagram of 64 bytes to the configured peer.</summary>
    private const int HellosPerSecond = 100;

    private const long TicksPerHello = TimeSpan.TicksPerSecond / HellosPerSecond;
    private const int Burst = 20;

    private UInt128 _nonce = OpenerHandshake.NewNonce(options.Random);
    private HandshakeMessage? _accept;
    private long _hellosSinceTicks = long.MinValue;

    internal long NextTimeoutTicks => _accept is null ? long.MaxValue : 0;

    /// <summary>Writes the accept for the latest hello. Returns its length, or 0 when there is none.</summary>
    internal int Write(Span<byte> destination)
    {
        if (_accept is not { } accept || secrets.Find(accept.Epoch) is not { } secret)
        {
            _accept = null;
            return 0;
        }

        _accept = null;
        return accept.Write(destination, secret.MacKey);
    }

    /// <summary>Checks a hello and prepares the accept.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="hello">The parsed datagram.</param>
    /// <param name="datagram">The datagram.</param>
    /// <param name="channel">The ordered channel of this end, or null.</param>
    internal LinkDropReason Hello(long nowTicks, in HandshakeMessage hello, ReadOnlySpan<byte> datagram, ushort? channel)
    {
        if (Check(hello, datagram) is not LinkDropReason.None and var reason)
        {
            return reason;
        }

        // The bucket is full when it has not been used for the time of a burst.
        var sinceTicks = Math.Max(_hellosSinceTicks, nowTicks - (Burst * TicksPerHello)) + TicksPerHello;
        if (sinceTicks > nowTicks)
        {
            return LinkDropReason.Rate;
        }

        _hellosSinceTicks = sinceTicks;
        _accept = hello with
        {
            Kind = LinkDatagramKind.Accept,
            Tag = options.RemoteTag,
            Version = HandshakeMessage.CurrentVersion,
            Channel = hello.Channel == channel ? hello.Channel : hello.Session,
            AcceptorNonce = _nonce,
        };
        return LinkDropReason.None;
    }

    /// <summary>Checks a confirm. If it returns the nonce of this end, its keys may be used, once.</summary>
    /// <param name="confirm">The parsed datagram.</param>
    /// <param name="datagram">The datagram.</param>
    /// <param name="channel">The ordered channel of this end, or null.</param>
    internal LinkDropReason Confirm(in HandshakeMessage confirm, ReadOnlySpan<byte> datagram, ushort? channel)
    {
        if (confirm.AcceptorNonce != _nonce || (confirm.Channel != confirm.Session && confirm.Channel != channel))
        {
            return LinkDropReason.Unexpected;
        }

        if (Check(confirm, datagram) is not LinkDropReason.None and var reason)
        {
            return reason;
        }

        if (confirm.Version != HandshakeMessage.CurrentVersion)
        {
            return LinkDropReason.Version;
        }

        _nonce = OpenerHandshake.NewNonce(options.Random);
        return LinkDropReason.None;
    }

    private LinkDropReason Check(in HandshakeMessage message, ReadOnlySpan<byte> datagram) =>
        secrets.Find(message.Epoch) is not { } secret ? LinkDropReason.UnknownEpoch
        : HandshakeMessage.IsAuthentic(datagram, secret.MacKey) ? LinkDropReason.None
        : LinkDropReason.NotAuthentic;
}
