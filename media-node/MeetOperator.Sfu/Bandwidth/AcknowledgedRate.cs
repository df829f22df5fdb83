namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// The bit rate that arrives at the client, from the sizes and arrival times of acknowledged packets: windows of 150 ms (500 ms for the first), each weighted by how far it is from the
/// mean, so that one late frame changes little and a lasting change is followed within a second.
/// </summary>
internal struct AcknowledgedRate
{
    private const long FirstWindowTicks = 500 * TimeSpan.TicksPerMillisecond;
    private const long WindowTicks = 150 * TimeSpan.TicksPerMillisecond;
    private const double UncertaintyScale = 10;
    private const double VarianceStep = 5;
    private const double StartVariance = 50;

    private double _kilobits; // per second
    private double _variance;
    private long _windowTicks;
    private long _lastTicks;
    private long _bytes;
    private bool _started;

    /// <summary>0 until known.</summary>
    public readonly long BitsPerSecond => (long)(_kilobits * 1000);

    /// <summary>Adds a packet by its arrival time on the client's clock.</summary>
    public void OnAcknowledged(long arrivalTicks, int bytes)
    {
        if (!_started || arrivalTicks < _lastTicks - TimeSpan.TicksPerSecond || arrivalTicks > _lastTicks + (2 * TimeSpan.TicksPerSecond))
        {
            // The first packet, missing reports, or a jump of the client's clock: the rate is kept, and a new window starts.
            (_started, _lastTicks, _windowTicks, _bytes) = (true, arrivalTicks, 0, bytes);
            return;
        }

        var elapsed = Math.Max(0, arrivalTicks - _lastTicks);
        _lastTicks = Math.Max(_lastTicks, arrivalTicks);
        _windowTicks += elapsed;
        var window = _kilobits == 0 ? FirstWindowTicks : WindowTicks;
        if (_windowTicks >= window)
        {
            AddSample(_bytes * 8.0 * TimeSpan.TicksPerSecond / _windowTicks / 1000);
            (_windowTicks, _bytes) = (0, 0);
        }

        _bytes += bytes;
    }

    /// <summary>Starts a new window, because reports about some packets are missing.</summary>
    public void SkipMissing() => _started = false;

    private void AddSample(double sample)
    {
        if (_kilobits == 0)
        {
            (_kilobits, _variance) = (sample, StartVariance);
            return;
        }

        var uncertainty = UncertaintyScale * Math.Abs(_kilobits - sample) / Math.Max(1, _kilobits);
        var sampleVariance = uncertainty * uncertainty;
        var predicted = _variance + VarianceStep;
        _kilobits = Math.Max(1, ((sampleVariance * _kilobits) + (predicted * sample)) / (sampleVariance + predicted));
        _variance = sampleVariance * predicted / (sampleVariance + predicted);
    }
}
