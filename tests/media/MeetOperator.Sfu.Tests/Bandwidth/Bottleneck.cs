namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>
/// A line that flows share: a rate, a queue that drops what does not fit, propagation, jitter and random loss. Times are in milliseconds of simulated time. The same seed gives the same
/// losses.
/// </summary>
internal sealed class Bottleneck(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<double> _queueDelays = [];
    private double _backlogBits;
    private double _lastMs;
    private double _lastArrivalMs;

    public double BitsPerSecond { get; set; } = 3_000_000;

    /// <summary>A packet that would wait longer is dropped.</summary>
    public double QueueMs { get; set; } = 1000;

    /// <summary>One way.</summary>
    public double DelayMs { get; set; } = 25;

    public double JitterMs { get; set; }

    public bool Reorders { get; set; }

    public double LossRate { get; set; }

    /// <summary>Current time that a new packet would wait.</summary>
    public double QueueDelayMs => _backlogBits / BitsPerSecond * 1000;

    /// <summary>Forgets the queue delays so far.</summary>
    public void StartMeasuring() => _queueDelays.Clear();

    /// <summary>The queue delay that 95 % of the packets stay under.</summary>
    public double QueueDelayP95()
    {
        var sorted = _queueDelays.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[(int)(sorted.Count * 0.95)];
    }

    /// <summary>Returns when the packet arrives; null when it is lost.</summary>
    public double? Send(double nowMs, int bytes)
    {
        if (_random.NextDouble() < LossRate)
        {
            return null;
        }

        _backlogBits = Math.Max(0, _backlogBits - ((nowMs - _lastMs) / 1000 * BitsPerSecond));
        _lastMs = nowMs;
        if (QueueDelayMs > QueueMs)
        {
            return null;
        }

        _queueDelays.Add(QueueDelayMs);
        _backlogBits += bytes * 8;
        var arrival = nowMs + QueueDelayMs + DelayMs + (_random.NextDouble() * JitterMs);
        _lastArrivalMs = Reorders ? arrival : Math.Max(_lastArrivalMs, arrival);
        return _lastArrivalMs;
    }
}
