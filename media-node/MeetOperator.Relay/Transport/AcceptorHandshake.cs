using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Keys;

namespace MeetOperator.Relay.Transport;

/// <summary>
/// The acceptor's side of the handshake. A hello opens nothing: it is answered with a nonce of this end, and only a confirm that returns the nonce opens a session. The
/// nonce is then replaced, so that it makes one session, and a replayed confirm makes none. All times are in 100 ns ticks.
/// </summary>
/// <param name="options">The settings of the link.</param>
/// <param name="secrets">The secrets of the link.</param>
/// <param name="newChannels">Limits the sessions that start a new ordered channel.</param>
internal sealed class AcceptorHandshake(LinkOptions options, LinkSecrets secrets, NewChannelLimit newChannels)
{
    private readonly HelloLimit _hellos = new();
    private UInt128 _nonce = OpenerHandshake.NewNonce(options.Random);
    private HandshakeMessage? _accept;

    internal long NextTimeoutTicks => _accept is null ? long.MaxValue : 0;

    /// <summary>Drops the accept that was not written yet.</summary>
    internal void Stop() => _accept = null;

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

        if (!_hellos.TryTake(nowTicks, hello.OpenerNonce))
        {
            return LinkDropReason.Rate;
        }

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
    /// <param name="nowTicks">The time.</param>
    /// <param name="confirm">The parsed datagram.</param>
    /// <param name="datagram">The datagram.</param>
    /// <param name="channel">The ordered channel of this end, or null.</param>
    internal LinkDropReason Confirm(long nowTicks, in HandshakeMessage confirm, ReadOnlySpan<byte> datagram, ushort? channel)
    {
        if (confirm.AcceptorNonce != _nonce || (!confirm.StartsChannel && confirm.Channel != channel))
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

        if (confirm.StartsChannel && !newChannels.TryTake(nowTicks))
        {
            return LinkDropReason.Rate; // the opener repeats the confirm
        }

        _nonce = OpenerHandshake.NewNonce(options.Random);
        return LinkDropReason.None;
    }

    private LinkDropReason Check(in HandshakeMessage message, ReadOnlySpan<byte> datagram) =>
        secrets.Find(message.Epoch) is not { } secret ? LinkDropReason.UnknownEpoch
        : HandshakeMessage.IsAuthentic(datagram, secret.MacKey) ? LinkDropReason.None
        : LinkDropReason.NotAuthentic;
}
