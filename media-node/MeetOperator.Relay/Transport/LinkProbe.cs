using MeetOperator.Rtp.Reception;

namespace MeetOperator.Relay.Transport;

/// <summary>
/// Pings the other end: measures round trip and loss, and detects silence. A ping is sent every 200 ms while media flows or a ping is not answered, otherwise every
/// second. All times are in 100 ns ticks.
/// </summary>
internal sealed class LinkProbe
{
    /// <summary>Silence after an unanswered ping that breaks the link.</summary>
    internal const long SilenceTicks = TimeSpan.TicksPerSecond;

    /// <summary>Time without a pong after which the session ends, even when packets arrive: nothing may be sent blindly.</summary>
    internal const long GiveUpTicks = 5 * TimeSpan.TicksPerSecond;

    private const long BusyIntervalTicks = 200 * TimeSpan.TicksPerMillisecond;
    private const long IdleIntervalTicks = TimeSpan.TicksPerSecond;
    private const long Never = long.MaxValue;

    private RoundTripTime _roundTrip;
    private LossMeter _inbound;
    private LossMeter _outbound;
    private long _lastPingTicks;
    private long _lastReceivedTicks;
    private long _unansweredSinceTicks = Never;
    private uint _sent;
    private uint _received;
    private bool _hasMedia;
    private PingPacket? _pingToAnswer;

    /// <summary>The smoothed round trip; 0 before the first pong.</summary>
    internal long RoundTripTicks => _roundTrip.Ticks;

    internal double InboundLoss => _inbound.Loss;

    internal double OutboundLoss => _outbound.Loss;

    /// <summary>Whether the other end is silent. Only a pong ends this, because it shows that both directions work.</summary>
    internal bool IsSilent { get; private set; }

    /// <summary>Whether a ping has not been answered for a second. Packets may still arrive from the other end, when those of this one do not.</summary>
    internal bool IsUnanswered { get; private set; }

    /// <summary>The highest epoch of the other end.</summary>
    internal ushort RemoteEpoch { get; private set; }

    internal long NextTimeoutTicks => _pingToAnswer is null ? Math.Min(NextPingTicks, DeadlineTicks) : 0;

    private long DeadlineTicks => _unansweredSinceTicks == Never ? Never
        : IsSilent ? _unansweredSinceTicks + GiveUpTicks
        : Math.Min(SilenceDeadlineTicks, _unansweredSinceTicks + GiveUpTicks);

    private long NextPingTicks => _lastPingTicks + (_hasMedia || _unansweredSinceTicks != Never ? BusyIntervalTicks : IdleIntervalTicks);

    private long SilenceDeadlineTicks => Math.Max(_unansweredSinceTicks, _lastReceivedTicks) + SilenceTicks;

    /// <summary>Begins anew when a session opens: a ping is due at once. Counters of a restarted process start at zero, so a new channel resets the meters.</summary>
    internal void Restart(long nowTicks, bool isNewChannel)
    {
        _lastPingTicks = nowTicks - IdleIntervalTicks;
        _lastReceivedTicks = nowTicks;
        _unansweredSinceTicks = Never;
        _pingToAnswer = null;
        (IsSilent, IsUnanswered) = (false, false);
        if (isNewChannel)
        {
            (_inbound, _outbound) = (default, default);
        }
    }

    internal void OnRtpSent()
    {
        _sent++;
        _hasMedia = true;
    }

    internal void OnRtpReceived()
    {
        _received++;
        _hasMedia = true;
    }

    /// <summary>Records that an authentic packet arrived.</summary>
    internal void OnReceived(long nowTicks) => _lastReceivedTicks = nowTicks;

    internal void OnPing(long nowTicks, in PingPacket ping)
    {
        RemoteEpoch = ping.Epoch;
        _pingToAnswer = ping;
        _inbound.Add(nowTicks, ping.Sent, _received);
    }

    internal void OnPong(long nowTicks, in PongPacket pong)
    {
        RemoteEpoch = pong.Epoch;
        _unansweredSinceTicks = Never;
        (IsSilent, IsUnanswered) = (false, false);
        _roundTrip.OnReport(nowTicks, nowTicks - pong.SentAtTicks);
        _outbound.Add(nowTicks, pong.Sent, pong.Received);
    }

    internal bool TryTakePong(ushort epoch, bool asksForSession, out PongPacket pong)
    {
        var ping = _pingToAnswer;
        pong = ping is { } answered ? new PongPacket(answered.SentAtTicks, answered.Sent, _received, epoch, asksForSession) : default;
        _pingToAnswer = null;
        return ping is not null;
    }

    internal bool TryTakePing(long nowTicks, ushort epoch, bool asksForSession, out PingPacket ping)
    {
        ping = default;
        if (nowTicks < NextPingTicks)
        {
            return false;
        }

        ping = new PingPacket(nowTicks, _sent, epoch, asksForSession);
        (_lastPingTicks, _hasMedia) = (nowTicks, false);
        _unansweredSinceTicks = Math.Min(_unansweredSinceTicks, nowTicks);
        return true;
    }

    internal void HandleTimeout(long nowTicks)
    {
        IsSilent |= _unansweredSinceTicks != Never && nowTicks >= SilenceDeadlineTicks;
        IsUnanswered = _unansweredSinceTicks != Never && nowTicks - _unansweredSinceTicks >= SilenceTicks;
    }

    /// <summary>Whether no pong has arrived for so long that the session ends.</summary>
    internal bool HasGivenUp(long nowTicks) => _unansweredSinceTicks != Never && nowTicks - _unansweredSinceTicks >= GiveUpTicks;
}
