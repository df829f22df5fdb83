namespace MeetOperator.MediaNode.Tunnels;

/// <summary>
/// How many bytes may be under way to the other end of a tunnel. Several buffers lie between (the proxy, the kernels, other proxies), in which nothing can overtake and nothing can be dropped, so
/// little may wait there: the other end acknowledges what arrives, and the limit follows the line so that the bytes under way add about <see cref="QueueTicks"/> of delay to that of the idle line. Pure; times are
/// monotonic 100 ns ticks.
/// </summary>
internal sealed class TunnelWindow
{
    /// <summary>The limit at the start: 256 ms of a line of 1 Mbit/s.</summary>
    public const int StartBytes = 32 * 1024;

    /// <summary>Some sound and the packets of a small picture.</summary>
    public const int MinBytes = 8 * 1024;

    /// <summary>20 Mbit/s with a round trip of 400 ms.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The delay that is accepted beyond the shortest round trip.</summary>
    public const long QueueTicks = 100 * TimeSpan.TicksPerMillisecond;

    /// <summary>How long the shortest round trip counts at least. After a change of the network, the former one is forgotten within twice this time.</summary>
    private const long MinimumTicks = 15 * TimeSpan.TicksPerSecond;
    private long _sent;
    private long _acknowledged;
    private long _limit = StartBytes;

    /// <summary>Since the byte that is timed now was sent, all bytes that were allowed were under way at some time.</summary>
    private bool _wasFull;
    private long _timedByte = -1;
    private long _timedTicks;
    private long _shortest = long.MaxValue;
    private long _shortestBefore = long.MaxValue;
    private long _periodTicks = long.MinValue;

    /// <summary>How many bytes may be sent now; 0 or less for none.</summary>
    public long Free => _limit - (_sent - _acknowledged);

    public void OnSent(long nowTicks, int bytes)
    {
        _sent += bytes;
        _wasFull |= Free <= 0;
        if (_timedByte < 0)
        {
            (_timedByte, _timedTicks, _wasFull) = (_sent, nowTicks, Free <= 0);
        }
    }

    /// <summary>The other end has received so many bytes since the tunnel was opened. False when that cannot be true: more than were sent, or fewer than before.</summary>
    public bool TryAcknowledge(long nowTicks, long received)
    {
        if (received < _acknowledged || received > _sent)
        {
            return false;
        }

        _acknowledged = received;
        if (_timedByte >= 0 && received >= _timedByte)
        {
            OnRoundTrip(nowTicks, Math.Max(1, nowTicks - _timedTicks));
            _timedByte = -1;
        }

        return true;
    }

    private void OnRoundTrip(long nowTicks, long ticks)
    {
        if (_periodTicks == long.MinValue || nowTicks - _periodTicks >= MinimumTicks)
        {
            (_periodTicks, _shortestBefore, _shortest) = (nowTicks, _shortest, ticks);
            if (_shortestBefore < long.MaxValue)
            {
                // Lets the queue drain for a moment. On a line that is always full, the shortest round trip would otherwise never be seen again.
                _limit = Math.Max(MinBytes, (long)(_limit * ((double)_shortestBefore / (_shortestBefore + QueueTicks))));
                return;
            }
        }

        _shortest = Math.Min(_shortest, ticks);
        var target = Math.Min(_shortest, _shortestBefore) + QueueTicks;
        if (ticks > target)
        {
            _limit = Math.Max(MinBytes, (long)(_limit * Math.Max(0.25, (double)target / ticks)));
        }
        else if (_wasFull)
        {
            // Half of what is missing, because what was timed left a round trip ago.
            _limit = Math.Min(MaxBytes, _limit + (long)(_limit * Math.Min(0.25, (((double)target / ticks) - 1) / 2)));
        }
    }
}
