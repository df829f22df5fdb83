namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// Detects a growing queue: the slope of the smoothed one-way delay over the last 20 groups, against a threshold that adapts to the jitter of the line (trendline filter of libwebrtc;
/// draft-ietf-rmcat-gcc-02 §5.4 for the threshold).
/// </summary>
internal sealed class DelayTrend
{
    private const int Window = 20;
    private const double Smoothing = 0.9;
    private const double Gain = 4;
    private const int MaxWeight = 60;
    private const double StartThreshold = 12.5;
    private const double MinThreshold = 6;
    private const double MaxThreshold = 600;
    private const double GrowthPerMillisecond = 0.0087;
    private const double DecayPerMillisecond = 0.039;

    /// <summary>A trend that exceeds the threshold by more is a spike, to which the threshold does not adapt.</summary>
    private const double MaxExcess = 15;

    /// <summary>The trend must exceed the threshold for so long, in milliseconds of sending time.</summary>
    private const double OveruseMilliseconds = 10;

    private readonly double[] _times = new double[Window];
    private readonly double[] _delays = new double[Window];
    private int _count;
    private int _next;
    private int _weight;
    private double _accumulated;
    private double _smoothed;
    private double _time; // of the last arrival, in milliseconds since the first one
    private double _threshold = StartThreshold;
    private double _slope;
    private double _overuseTime = -1;
    private int _overuseCount;

    public DelayUsage Usage { get; private set; }

    /// <summary>Adds the difference between two groups.</summary>
    public void Add(long sendDeltaTicks, long arrivalDeltaTicks)
    {
        var send = (double)sendDeltaTicks / TimeSpan.TicksPerMillisecond;
        var arrival = (double)arrivalDeltaTicks / TimeSpan.TicksPerMillisecond;
        _weight = Math.Min(_weight + 1, MaxWeight);
        _accumulated += arrival - send;
        _smoothed = (Smoothing * _smoothed) + ((1 - Smoothing) * _accumulated);
        _time += arrival;
        _times[_next] = _time;
        _delays[_next] = _smoothed;
        _next = (_next + 1) % Window;
        _count = Math.Min(_count + 1, Window);
        Detect(_count == Window ? Slope(_slope) : _slope, send, arrival);
    }

    /// <summary>Forgets the delays, but not the jitter of the line.</summary>
    public void Reset()
    {
        (_count, _next, _weight, _overuseCount) = (0, 0, 0, 0);
        (_accumulated, _smoothed, _slope, _overuseTime) = (0, 0, 0, -1);
        Usage = DelayUsage.Normal;
    }

    private void Detect(double slope, double sendDelta, double arrivalDelta)
    {
        var trend = _weight * slope * Gain;
        if (_weight < 2)
        {
            Usage = DelayUsage.Normal;
        }
        else if (trend > _threshold)
        {
            _overuseTime = _overuseTime < 0 ? sendDelta / 2 : _overuseTime + sendDelta;
            _overuseCount++;
            if (_overuseTime > OveruseMilliseconds && _overuseCount > 1 && slope >= _slope)
            {
                (_overuseTime, _overuseCount) = (0, 0);
                Usage = DelayUsage.Overuse;
            }
        }
        else
        {
            (_overuseTime, _overuseCount) = (-1, 0);
            Usage = trend < -_threshold ? DelayUsage.Underuse : DelayUsage.Normal;
        }

        _slope = slope;
        AdaptThreshold(Math.Abs(trend), Math.Min(arrivalDelta, 100));
    }

    private void AdaptThreshold(double trend, double elapsed)
    {
        if (trend > _threshold + MaxExcess)
        {
            return;
        }

        var gain = trend < _threshold ? DecayPerMillisecond : GrowthPerMillisecond;
        _threshold = Math.Clamp(_threshold + (gain * (trend - _threshold) * elapsed), MinThreshold, MaxThreshold);
    }

    /// <summary>The slope of the least-squares line through the window; <paramref name="fallback"/> if all arrivals have one time.</summary>
    private double Slope(double fallback)
    {
        var (meanTime, meanDelay) = (0.0, 0.0);
        for (var i = 0; i < Window; i++)
        {
            meanTime += _times[i] / Window;
            meanDelay += _delays[i] / Window;
        }

        var (numerator, denominator) = (0.0, 0.0);
        for (var i = 0; i < Window; i++)
        {
            var time = _times[i] - meanTime;
            numerator += time * (_delays[i] - meanDelay);
            denominator += time * time;
        }

        return denominator == 0 ? fallback : numerator / denominator;
    }
}
