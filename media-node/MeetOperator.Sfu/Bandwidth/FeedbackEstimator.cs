using MeetOperator.Rtp.Congestion;

namespace MeetOperator.Sfu.Bandwidth;

/// <summary>The estimate for a client that sends transport-wide feedback: the lower of what delay and loss allow, raised by probes.</summary>
internal sealed class FeedbackEstimator
{
    /// <summary>Room above the demand, so that a small change of it needs no probe first.</summary>
    private const double DemandMargin = 1.2;

    /// <summary>Feedback comes every 50 to 250 ms while packets are sent. After a second of sending without, the line is blocked.</summary>
    private const long SilenceTicks = TimeSpan.TicksPerSecond;
    private const double SilenceDecrease = 0.8;

    /// <summary>After a larger step what arrives at the former rate says nothing about the new one.</summary>
    private const double Leap = 2.5;

    /// <summary>The time from the arrival of packets at a new rate to a measurement of it.</summary>
    private const long SettleTicks = 600 * TimeSpan.TicksPerMillisecond;

    private const long MinDrainTicks = 150 * TimeSpan.TicksPerMillisecond;

    /// <summary>A sudden fall of the line makes a longer queue than this, a burst of somebody else on the line a shorter one.</summary>
    private const long MinFallTicks = 250 * TimeSpan.TicksPerMillisecond;
    private const long MaxDrainTicks = 4 * TimeSpan.TicksPerSecond;
    private const double LargeDrop = 0.66;
    private const long DropWindowTicks = 3 * TimeSpan.TicksPerSecond;
    private const long MaxRoundTripTicks = 10 * TimeSpan.TicksPerSecond;

    private readonly SendBandwidthOptions _options;
    private readonly SentPackets _sent = new();
    private readonly DelayTrend _trend = new();
    private readonly LossControl _loss = new();
    private readonly RateControl _rate;
    private readonly Probing _probing;
    private AcknowledgedRate _acknowledged;
    private ArrivalGroups _groups;
    private ArrivalClock _clock;
    private QueueDelay _queue;
    private ArrivalPace _pace;
    private StandingQueue _standing;
    private long _drainRate = long.MaxValue;
    private long _drainingSinceTicks; // 0 for not
    private long _demand = long.MaxValue;
    private long _next;
    private long _nowTicks;
    private long _lastSentTicks;
    private long _highestReported;
    private bool _isUnanswered; // whether packets were sent after the last feedback
    private long _silenceTicks; // in which they were sent
    private long _nextSilenceTicks;
    private long _acknowledgedFromTicks; // earlier packets were sent at another rate
    private long _peak;
    private long _peakTicks;

    public FeedbackEstimator(SendBandwidthOptions options)
    {
        _options = options;
        _rate = new RateControl(options);
        _probing = new Probing(options);
        _peak = options.StartBitsPerSecond;
    }

    public long BitsPerSecond => Math.Clamp(Math.Min(_drainRate, SustainedBitsPerSecond), _options.MinBitsPerSecond, _options.MaxBitsPerSecond);

    /// <summary>The estimate without the part of the line that is left free for a moment so that its queue drains.</summary>
    public long SustainedBitsPerSecond => Math.Clamp(Math.Min(_rate.BitsPerSecond, _loss.LimitBitsPerSecond), _options.MinBitsPerSecond, _options.MaxBitsPerSecond);

    /// <summary>What the line carried while it was full, as far as known, or <see cref="SustainedBitsPerSecond"/>.</summary>
    public long CapacityBitsPerSecond => Math.Clamp(Math.Min(_rate.CapacityBitsPerSecond, _loss.LimitBitsPerSecond), SustainedBitsPerSecond, _options.MaxBitsPerSecond);

    /// <inheritdoc cref="SendBandwidth.IsLimitKnown"/>
    public bool IsLimitKnown => _rate.IsCapacityKnown || _loss.LimitBitsPerSecond != long.MaxValue;

    /// <inheritdoc cref="RateControl.IsNarrowed"/>
    public bool IsNarrowed => _rate.IsNarrowed;

    public long RoundTripTicks { get; private set; }

    public double LossRatio => _loss.Ratio;

    public bool IsOverused => Usage == DelayUsage.Overuse;

    public bool HasFeedback { get; private set; }

    /// <summary>Whether packets are sent and feedback has stopped, so that the estimate falls and says nothing about the line.</summary>
    public bool IsSilent => _nextSilenceTicks > 0;

    /// <summary>Whether other receivers may use the same line. What arrives in a short time then shows only what they leave over.</summary>
    public bool MayBeShared
    {
        get;
        set
        {
            field = value;
            if (value)
            {
                _rate.EndNarrow();
            }
        }
    }

    /// <inheritdoc cref="SendBandwidth.ProbesOften"/>
    public bool ProbesOften
    {
        set => _probing.SetOften(_nowTicks, value);
    }

    /// <summary>What the delay shows. A delay that grows without a queue is no overuse, and no reason to send more.</summary>
    private DelayUsage Usage => _trend.Usage == DelayUsage.Overuse && !_standing.IsStanding ? DelayUsage.Underuse : _trend.Usage;

    /// <summary>Whether nothing was sent for so long that the queue of the line is empty, so that what was known of it no longer counts.</summary>
    private bool IsIdle => _nowTicks - _lastSentTicks >= SilenceTicks;

    private bool HasVeryLongQueue => !MayBeShared && _queue.Ticks > MinFallTicks && _standing.IsStanding;

    private bool HasLongQueue => _queue.Ticks > MinDrainTicks && _standing.IsStanding;

    private long Ceiling => (long)Math.Min(_options.MaxBitsPerSecond, _demand * DemandMargin);

    public ushort OnSent(long nowTicks, int bytes, int probeId)
    {
        _nowTicks = Math.Max(_nowTicks, nowTicks);
        if (IsIdle && IsOverused)
        {
            _trend.Reset();
            (_groups, _drainRate) = (default, long.MaxValue);
        }

        _silenceTicks += _isUnanswered ? Math.Min(_nowTicks - _lastSentTicks, SendingTime.MaxGapTicks) : 0;
        (_isUnanswered, _lastSentTicks) = (true, _nowTicks);
        var number = _sent.Add(_nowTicks, bytes, probeId);

        if (probeId != 0)
        {
            _probing.OnSent(number, probeId);
        }

        return (ushort)number;
    }

    public void SetDemand(long bitsPerSecond, long next) => (_demand, _next) = (Math.Max(0, bitsPerSecond), next);

    public bool TryTakeProbe(long nowTicks, out ProbeCluster probe) =>
        _probing.TryTake(Advance(nowTicks), BitsPerSecond, _next, Ceiling, IsIdle || (!IsOverused && !_loss.IsTrial), out probe);

    /// <summary>Processes feedback. Returns false, and changes nothing, when it reports packets that were not sent, or more packets than are kept.</summary>
    public bool TryProcess(long nowTicks, in TransportFeedback feedback)
    {
        var first = _sent.Unwrap(feedback.BaseSequenceNumber);
        if (feedback.PacketCount > _sent.Capacity || first + feedback.PacketCount > _sent.Next)
        {
            return false;
        }

        Advance(nowTicks);
        if (Read(feedback, first))
        {
            HasFeedback = true;
            (_isUnanswered, _silenceTicks, _nextSilenceTicks) = (false, 0, 0);
            Estimate();
        }

        return true;
    }

    /// <summary>Measures anew what arrives, because much more or much less is sent from now on. The smoothed rate would follow only slowly.</summary>
    public void OnRateChanged(long nowTicks) => (_acknowledged, _acknowledgedFromTicks) = (default, Advance(nowTicks));

    public void HandleTimeout(long nowTicks)
    {
        Advance(nowTicks);
        if (!HasFeedback || _silenceTicks < Math.Max(_nextSilenceTicks, Math.Max(SilenceTicks, 3 * RoundTripTicks)))
        {
            return;
        }

        _nextSilenceTicks = _silenceTicks + SilenceTicks;
        _rate.Set((long)(BitsPerSecond * SilenceDecrease));
        WatchForDrop();
    }

    private long Advance(long nowTicks) => _nowTicks = Math.Max(_nowTicks, nowTicks);

    /// <summary>Reads the reports. False when all of them are known already.</summary>
    private bool Read(in TransportFeedback feedback, long first)
    {
        var offset = _clock.OffsetOf(feedback);
        if (first > _highestReported + 1)
        {
            _acknowledged.SkipMissing(); // an earlier feedback got lost
        }

        var number = first - 1;
        var isNew = false;
        var (lastArrival, minRoundTrip) = (0L, long.MaxValue);
        foreach (var report in feedback.Packets)
        {
            number++;
            if (!_sent.Contains(number))
            {
                continue;
            }

            ref var sent = ref _sent.At(number);
            var isLate = sent.State == SentPacketState.Lost;
            if (sent.State == SentPacketState.Received || (isLate && !report.IsReceived))
            {
                continue;
            }

            isNew = true;
            sent.State = report.IsReceived ? SentPacketState.Received : SentPacketState.Lost;
            var arrival = report.ArrivalTicks + offset;
            if (sent.ProbeId != 0)
            {
                // A probe may fill a short queue; its losses show nothing about the estimate.
                _probing.OnReported(sent, report.IsReceived, arrival);
            }
            else if (isLate)
            {
                _loss.OnLateArrival(sent.SentTicks);
            }
            else
            {
                _loss.OnReported(sent.SentTicks, sent.Bytes, report.IsReceived);
            }

            if (report.IsReceived)
            {
                (lastArrival, minRoundTrip) = (arrival, _nowTicks - sent.SentTicks);
                OnArrival(sent, arrival);
            }
        }

        _highestReported = Math.Max(_highestReported, number);
        if (lastArrival != 0 && minRoundTrip <= MaxRoundTripTicks)
        {
            // The last packet of the feedback waited the least for it.
            var sample = Math.Max(1, minRoundTrip);
            _queue.OnRoundTrip(_nowTicks, sample);
            RoundTripTicks = RoundTripTicks == 0 ? sample : RoundTripTicks + ((sample - RoundTripTicks) / 8);
        }

        return isNew;
    }

    private void OnArrival(in SentPacket sent, long arrivalTicks)
    {
        if (sent.SentTicks >= _acknowledgedFromTicks)
        {
            _acknowledged.OnAcknowledged(arrivalTicks, sent.Bytes);
        }

        _standing.OnArrival(sent.SentTicks, arrivalTicks);
        _pace.OnArrival(sent.SentTicks, arrivalTicks, sent.Bytes);
        if (_groups.TryAdd(sent.SentTicks, arrivalTicks, out var sendDelta, out var arrivalDelta))
        {
            _trend.Add(sendDelta, arrivalDelta);
        }
    }

    private void Estimate()
    {
        var arriving = (long)(_acknowledged.BitsPerSecond / (1 - _loss.Inherent));
        var probed = _probing.TakeResult(_nowTicks, _highestReported, Ceiling, acceptsSaturation: !_rate.IsCapacityKnown, _rate.IsNarrowed);
        if (probed > 0 && !IsOverused)
        {
            probed = Math.Min((long)(probed / (1 - _loss.Inherent)), Ceiling);
            _loss.OnProbe(probed);
            if (probed > _rate.BitsPerSecond)
            {
                var isLeap = probed > arriving * Leap;
                _rate.Raise(probed, isLeap ? _nowTicks + RoundTripTicks + SettleTicks : _nowTicks);
                if (isLeap)
                {
                    OnRateChanged(_nowTicks);
                }
            }
        }

        // The smoothed rate is too low after a time in which little was sent.
        var isBehind = _pace.IsBehind;
        var before = _rate.BitsPerSecond;
        var recent = (long)(_pace.RecentBitsPerSecond / (1 - _loss.Inherent));
        if (HasFallen(arriving, recent))
        {
            (_acknowledged, arriving) = (default, 0); // it is still close to the former rate
            _rate.Set(Math.Min(_rate.BitsPerSecond, recent));
        }

        var capacity = isBehind ? Math.Max(arriving, recent) : arriving;
        _rate.Update(_nowTicks, Usage, capacity, isBehind, RoundTripTicks, Ceiling);
        if (HasVeryLongQueue && _pace.IsFarBehind && _rate.BitsPerSecond < before / 2)
        {
            _rate.Narrow(_nowTicks, capacity);
            _loss.Restart(_nowTicks); // the full queue has lost what was sent at the former rate
        }

        // While packets keep up, what arrives shows only what is sent, and that is less while a queue drains.
        var isDraining = UpdateDraining();
        if (isDraining && _pace is { IsAhead: true, RecentBitsPerSecond: > 0 and var drainingRate })
        {
            _rate.Set(Math.Min(_rate.BitsPerSecond, Math.Max(arriving, drainingRate)));
        }

        var drained = isBehind ? capacity : Math.Max(capacity, _rate.BitsPerSecond);
        _drainRate = isDraining && drained > 0 ? (long)(drained * _queue.DrainShare) : long.MaxValue;
        _loss.Update(_nowTicks, RoundTripTicks, _rate.BitsPerSecond);
        WatchForDrop();
    }

    /// <summary>Whether the line has suddenly become narrow: its queue is very long, and less than a third of the smoothed rate, which follows slowly, arrived in the last 200 ms.</summary>
    /// <param name="arriving">The smoothed rate.</param>
    /// <param name="recent">What arrived in the last 200 ms; 0 if unknown.</param>
    private bool HasFallen(long arriving, long recent) => HasVeryLongQueue && recent > 0 && recent < Math.Min(arriving, _rate.BitsPerSecond) / 3 && _pace is { IsBehind: true, IsFarBehind: true };

    /// <summary>Returns whether a long queue must be drained now. A delay that stays long meanwhile is that of the path, which has become longer.</summary>
    private bool UpdateDraining()
    {
        if (!HasLongQueue)
        {
            _drainingSinceTicks = 0;
            return false;
        }

        _drainingSinceTicks = _drainingSinceTicks == 0 ? _nowTicks : _drainingSinceTicks;
        if (_nowTicks - _drainingSinceTicks < MaxDrainTicks)
        {
            return true;
        }

        (_queue, _standing, _drainingSinceTicks) = (default, default, 0);
        return false;
    }

    /// <summary>Has the former rate probed later if the estimate has fallen a lot within a few seconds.</summary>
    private void WatchForDrop()
    {
        var now = BitsPerSecond;
        if (now >= _peak || _nowTicks - _peakTicks > DropWindowTicks)
        {
            (_peak, _peakTicks) = (now, _nowTicks);
        }
        else if (now < _peak * LargeDrop)
        {
            _probing.OnDrop(_nowTicks, _peak);
            (_peak, _peakTicks) = (now, _nowTicks);
        }
    }
}
