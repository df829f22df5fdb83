namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// The rate that losses allow. Only loss above what the line loses at any rate counts. Whether a new loss depends on the rate is found by trial: the rate falls to what arrives, and if
/// the loss persists, it belongs to the line (a radio link) and the rate returns; if it stops, a short queue was full.
/// </summary>
internal sealed class LossControl
{
    private const long WindowTicks = 500 * TimeSpan.TicksPerMillisecond;
    private const int MinPackets = 40;
    private const double MinExcess = 0.02;
    private const double Deviations = 3;

    /// <summary>A higher loss is never taken for one of the line.</summary>
    private const double MaxInherent = 0.4;
    private const double GrowthPerSecond = 1.06;
    private const double Safety = 0.95;

    /// <summary>The trial lowers the rate at least to this share of what was sent, so that a short queue shows the difference.</summary>
    private const double TrialShare = 0.85;

    /// <summary>A loss that falls below this share in the trial depends on the rate.</summary>
    private const double PersistentShare = 0.6;

    /// <summary>Lost packets that the trial would have if the loss persisted; fewer are chance.</summary>
    private const int TrialLosses = 30;
    private const long MaxTrialTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>The share of the proven loss that is forgotten in a second, so that it is tried again.</summary>
    private const double ForgetPerSecond = 0.02;

    /// <summary>Packets over which the known loss follows what is lost, but not above what a trial has proven.</summary>
    private const int InherentPackets = 400;
    private const long FeedbackTicks = 200 * TimeSpan.TicksPerMillisecond;

    private long _sendingTicks; // the time in which the packets were sent
    private long _firstSent;
    private long _lastSent;
    private long _arrivedBytes;
    private int _arrived;
    private int _lost;
    private long _countedTicks; // packets sent before this time do not count
    private double _trialLoss;
    private long _before; // the limit before the trial
    private double _proven; // the loss that the last trial has shown not to depend on the rate

    /// <summary>The highest rate; <see cref="long.MaxValue"/> without a limit.</summary>
    public long LimitBitsPerSecond { get; private set; } = long.MaxValue;

    /// <summary>The share of packets that the line loses at any rate.</summary>
    public double Inherent { get; private set; }

    /// <summary>The loss of the last complete window.</summary>
    public double Ratio { get; private set; }

    /// <summary>Whether the rate is lowered to see what the loss does.</summary>
    public bool IsTrial { get; private set; }

    /// <summary>What arrives, with the time between packets: bursts arrive faster than the line could carry without end.</summary>
    private double SustainedRate => _arrivedBytes * 8.0 * TimeSpan.TicksPerSecond / Math.Max(_lastSent - _firstSent, WindowTicks);

    /// <summary>Adds the report about a packet.</summary>
    public void OnReported(long sentTicks, int bytes, bool isReceived)
    {
        if (sentTicks < _countedTicks)
        {
            return;
        }

        if (_arrived + _lost == 0)
        {
            (_sendingTicks, _firstSent, _lastSent) = (0, sentTicks, sentTicks);
        }

        _sendingTicks += Math.Clamp(sentTicks - _lastSent, 0, SendingTime.MaxGapTicks);
        _lastSent = Math.Max(_lastSent, sentTicks);
        if (isReceived)
        {
            _arrived++;
            _arrivedBytes += bytes;
        }
        else
        {
            _lost++;
        }
    }

    /// <summary>A packet that was reported as lost has arrived late.</summary>
    public void OnLateArrival(long sentTicks)
    {
        if (_lost > 0 && sentTicks >= _countedTicks)
        {
            (_lost, _arrived) = (_lost - 1, _arrived + 1);
        }
    }

    /// <summary>A probe has shown that the line carries this rate.</summary>
    public void OnProbe(long bitsPerSecond) => LimitBitsPerSecond = Math.Max(LimitBitsPerSecond, bitsPerSecond);

    /// <summary>The rate has fallen a lot. Losses of packets that were sent before show nothing about the new one.</summary>
    public void Restart(long nowTicks)
    {
        (_arrived, _lost, _arrivedBytes, Ratio, _countedTicks) = (0, 0, 0, 0, nowTicks);
        if (IsTrial)
        {
            (IsTrial, LimitBitsPerSecond) = (false, _before);
        }
    }

    /// <summary>Decides when a window is complete.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="roundTripTicks">The round-trip time.</param>
    /// <param name="allowed">The rate without this limit.</param>
    public void Update(long nowTicks, long roundTripTicks, long allowed)
    {
        var packets = _arrived + _lost;
        var span = _sendingTicks;
        if (packets < MinPackets || span < WindowTicks || (IsTrial && packets * _trialLoss < TrialLosses && span < MaxTrialTicks))
        {
            return;
        }

        Ratio = (double)_lost / packets;
        var excess = MinExcess + (Deviations * Math.Sqrt(Math.Max(Ratio, Inherent) * (1 - Math.Min(Ratio, 0.99)) / packets));
        var arrivedRate = _arrivedBytes * 8.0 * TimeSpan.TicksPerSecond / span;
        if (IsTrial)
        {
            EndTrial();
        }
        else if (Ratio > Inherent + excess)
        {
            IsTrial = true;
            _trialLoss = Ratio;
            _countedTicks = nowTicks + (FeedbackTicks / 4);
            _before = LimitBitsPerSecond;
            LimitBitsPerSecond = (long)Math.Min(arrivedRate, TrialShare * arrivedRate / (1 - Ratio));
        }
        else
        {
            _proven *= 1 - (ForgetPerSecond * span / TimeSpan.TicksPerSecond);
            Inherent = Math.Min(_proven, Inherent + ((Ratio - Inherent) * Math.Min(0.25, (double)packets / InherentPackets)));
            LimitBitsPerSecond = Math.Max(LimitBitsPerSecond, (long)(SustainedRate * Safety)); // this much arrives without more loss
            Grow(span, allowed);
        }

        (_arrived, _lost, _arrivedBytes) = (0, 0, 0);
    }

    private void EndTrial()
    {
        IsTrial = false;
        if (Ratio >= _trialLoss * PersistentShare && Ratio <= MaxInherent)
        {
            Inherent = _proven = Math.Min(Ratio, _trialLoss);
            LimitBitsPerSecond = _before;
        }
        else
        {
            LimitBitsPerSecond = (long)(LimitBitsPerSecond * Safety);
        }
    }

    private void Grow(long spanTicks, long allowed)
    {
        if (LimitBitsPerSecond != long.MaxValue)
        {
            var grown = LimitBitsPerSecond * Math.Pow(GrowthPerSecond, Math.Min(1.0, (double)spanTicks / TimeSpan.TicksPerSecond));
            LimitBitsPerSecond = grown > allowed * 1.5 ? long.MaxValue : (long)grown;
        }
    }
}
