namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// Decides when to probe for more bandwidth, and reads the results: three and six times the start rate at the beginning, then twice the last result while it pays off; later what the
/// next improvement needs, or twice the estimate, when more is wanted, and the former rate after a drop. One probe at a time.
/// </summary>
internal sealed class Probing(SendBandwidthOptions options)
{
    private const long DurationTicks = 15 * TimeSpan.TicksPerMillisecond;
    private const int MinPackets = 5;
    private const double MinCompleteness = 0.5;

    /// <summary>A probe pays off when its result reaches this share of its rate.</summary>
    private const double FurtherShare = 0.7;
    private const double UnsaturatedShare = 0.85;

    /// <summary>The result of a probe is a little below its rate.</summary>
    private const double NextMargin = 1.15;
    private const long MinIntervalTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>The same after a sudden fall, while probes have no success.</summary>
    private const long NarrowIntervalTicks = 4 * TimeSpan.TicksPerSecond;
    private const long MaxIntervalTicks = 8 * TimeSpan.TicksPerSecond;

    /// <summary>The time between probes of a line that may be shared. Of several, one falls between the pictures of others.</summary>
    private const long OftenTicks = 1500 * TimeSpan.TicksPerMillisecond;
    private const long ReleaseTicks = 10 * TimeSpan.TicksPerMillisecond;
    private const long RecoveryTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>While the estimate allows hardly more than sound, as in a tunnel, the former rate is probed again, after twice the time, up to this.</summary>
    private const long MaxRecoveryTicks = 24 * TimeSpan.TicksPerSecond;
    private const long SoundBitsPerSecond = 150_000;
    private const long ResultTimeoutTicks = 2 * TimeSpan.TicksPerSecond;

    private int _id;
    private int _initial; // multiple of the start rate that is probed next; 0 after the initial probes
    private bool _started;
    private bool _isOpen;
    private bool _isOften;
    private long _rate;
    private long _openedTicks;
    private long _pending; // the rate to probe next; 0 for none
    private long _nextTicks;
    private long _intervalTicks = MinIntervalTicks;
    private long _recoveryRate;
    private long _recoveryTicks;
    private long _recoveryWaitTicks;

    // The packets of the open probe.
    private int _sent;
    private long _lastNumber;
    private int _received;
    private long _bytes;
    private long _firstSent;
    private long _lastSent;
    private long _lastSentBytes;
    private long _firstArrival;
    private long _lastArrival;
    private long _firstArrivalBytes;

    private long Interval => _isOften ? OftenTicks : _intervalTicks;

    /// <summary>Sets whether the line is probed often. If so, the next probe comes within 1.5 s.</summary>
    public void SetOften(long nowTicks, bool isOften)
    {
        _nextTicks = isOften && !_isOften ? Math.Min(_nextTicks, nowTicks + OftenTicks) : _nextTicks;
        _isOften = isOften;
    }

    /// <summary>Records a packet of a probe.</summary>
    public void OnSent(long number, int probeId)
    {
        if (_isOpen && probeId == (ushort)_id)
        {
            _sent++;
            _lastNumber = number;
        }
    }

    /// <summary>Records the report about a packet of a probe.</summary>
    public void OnReported(in SentPacket packet, bool isReceived, long arrivalTicks)
    {
        if (!_isOpen || packet.ProbeId != (ushort)_id)
        {
            return;
        }

        if (!isReceived)
        {
            return;
        }

        if (_received++ == 0)
        {
            (_firstSent, _lastSent, _lastSentBytes) = (packet.SentTicks, packet.SentTicks, packet.Bytes);
            (_firstArrival, _lastArrival, _firstArrivalBytes) = (arrivalTicks, arrivalTicks, packet.Bytes);
            _bytes = packet.Bytes;
            return;
        }

        _bytes += packet.Bytes;
        if (packet.SentTicks >= _lastSent)
        {
            (_lastSent, _lastSentBytes) = (packet.SentTicks, packet.Bytes);
        }

        _lastArrival = Math.Max(_lastArrival, arrivalTicks);
        if (arrivalTicks < _firstArrival)
        {
            (_firstArrival, _firstArrivalBytes) = (arrivalTicks, packet.Bytes);
        }
    }

    /// <summary>Call when the estimate has fallen a lot. The former rate is probed again later.</summary>
    public void OnDrop(long nowTicks, long before) =>
        (_recoveryRate, _recoveryTicks, _recoveryWaitTicks) = (Math.Max(_recoveryRate, before * 85 / 100), nowTicks + RecoveryTicks, RecoveryTicks);

    /// <summary>Ends the open probe if its packets are reported.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="highestReported">The highest number that feedback has covered.</param>
    /// <param name="ceiling">Nothing is probed above it.</param>
    /// <param name="acceptsSaturation">Whether the result of a probe that filled the line counts in full. Beside another flow, half of it is a fair share.</param>
    /// <param name="isNarrowed">Whether the line has suddenly become narrow. Only a probe shows that it is wide again, so probes without success do not become rarer.</param>
    /// <returns>The rate that the probe has shown; 0 for none.</returns>
    public long TakeResult(long nowTicks, long highestReported, long ceiling, bool acceptsSaturation, bool isNarrowed)
    {
        if (!_isOpen || _sent == 0 || highestReported < _lastNumber || (_sent < MinPackets && nowTicks - _openedTicks < ResultTimeoutTicks))
        {
            return 0;
        }

        _isOpen = false;
        var result = _received < _sent * MinCompleteness || _received < MinPackets - 1 ? 0 : Result();
        if (result >= _rate * FurtherShare)
        {
            _intervalTicks = MinIntervalTicks;
            _pending = _initial == 0 && _rate < ceiling ? Math.Min(ceiling, 2 * result) : _pending;
        }
        else
        {
            _intervalTicks = isNarrowed ? NarrowIntervalTicks : Math.Min(MaxIntervalTicks, _intervalTicks * 2);
        }

        _nextTicks = nowTicks + Interval;
        return acceptsSaturation || result >= _rate * UnsaturatedShare ? result : result / 2;
    }

    /// <summary>Takes a probe if one is due.</summary>
    public bool TryTake(long nowTicks, long estimate, long next, long ceiling, bool mayProbe, out ProbeCluster probe)
    {
        probe = default;
        if (!_started)
        {
            (_started, _initial) = (true, 3);
            _nextTicks = nowTicks + MinIntervalTicks;
        }

        if (_isOpen && nowTicks - _openedTicks >= ResultTimeoutTicks)
        {
            _isOpen = false; // its packets or the feedback got lost
            _nextTicks = nowTicks + Interval;
        }

        if (_isOpen || !mayProbe || ceiling <= estimate)
        {
            return false;
        }

        var rate = NextRate(nowTicks, estimate, next, ceiling);
        if (rate <= estimate)
        {
            return false;
        }

        _id = (_id % ushort.MaxValue) + 1;
        (_isOpen, _rate, _openedTicks) = (true, rate, nowTicks);
        (_sent, _received, _bytes, _lastNumber) = (0, 0, 0, 0);
        probe = new ProbeCluster(_id, rate, DurationTicks, MinPackets);
        return true;
    }

    private long NextRate(long nowTicks, long estimate, long next, long ceiling)
    {
        if (_initial > 0)
        {
            var rate = Math.Min(ceiling, _initial * options.StartBitsPerSecond);
            _initial = _initial == 3 && rate < ceiling ? 6 : 0;
            return rate;
        }

        if (_pending > 0)
        {
            (var rate, _pending) = (_pending, 0);
            return Math.Min(ceiling, rate);
        }

        if (_recoveryRate > 0 && nowTicks >= _recoveryTicks)
        {
            var rate = Math.Min(ceiling, _recoveryRate);
            _recoveryWaitTicks *= 2;
            _recoveryTicks = nowTicks + _recoveryWaitTicks;
            _recoveryRate = estimate < SoundBitsPerSecond && _recoveryWaitTicks <= MaxRecoveryTicks ? _recoveryRate : 0;
            _nextTicks = nowTicks + Interval;
            return rate;
        }

        if (nowTicks < _nextTicks)
        {
            return 0;
        }

        // A probe that fills the line shows less than it carries.
        return Math.Min(ceiling, next > estimate ? Math.Min(2 * estimate, (long)(next * NextMargin)) : 2 * estimate);
    }

    /// <summary>The lower of the rates at which the received packets were sent and arrived; 0 if they show nothing.</summary>
    private long Result()
    {
        var (sendTicks, arrivalTicks) = (_lastSent - _firstSent, _lastArrival - _firstArrival);
        if (sendTicks is <= 0 or > TimeSpan.TicksPerSecond || arrivalTicks is <= 0 or > TimeSpan.TicksPerSecond)
        {
            return 0;
        }

        var sent = (_bytes - _lastSentBytes) * 8 * TimeSpan.TicksPerSecond / sendTicks;
        var arrived = (_bytes - _firstArrivalBytes) * 8 * TimeSpan.TicksPerSecond / arrivalTicks;

        // Packets that arrive much closer together than they were sent waited for a blocked link.
        // A queue grew if less arrived than was sent; a little less than that rate lets it drain.
        return arrived > 2 * sent && sendTicks - arrivalTicks > ReleaseTicks ? 0 : arrived < sent * 9 / 10 ? arrived * 95 / 100 : Math.Min(sent, arrived);
    }
}
