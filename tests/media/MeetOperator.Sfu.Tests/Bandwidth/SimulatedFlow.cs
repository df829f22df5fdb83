using MeetOperator.Rtp.Congestion;
using MeetOperator.Sfu.Bandwidth;

namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>
/// A media node that sends video of 30 frames a second and audio at the lower of estimate and demand, paced and with padded probes, and a client that answers with feedback every 50 to
/// 100 ms.
/// </summary>
internal sealed class SimulatedFlow
{
    private const int PacketBytes = 1200;
    private readonly Random _random;
    private readonly Bottleneck _line;
    private readonly TransportArrivals _arrivals = new();
    private readonly PriorityQueue<Action<long>, double> _events = new();
    private readonly byte[] _buffer = new byte[1200];
    private double _queuedBytes;
    private double _budgetBytes;
    private double _nextFrameMs;
    private double _nextAudioMs;
    private double _nextFeedbackMs;
    private ProbeCluster _probe;
    private double _probeEndMs;
    private double _probeBudget;
    private int _probePackets;
    private double _awakeUntilMs;
    private double _asleepUntilMs;

    public SimulatedFlow(Bottleneck line, int seed, long demand = 10_000_000, double startMs = 0)
    {
        (_line, _random, StartMs, Demand) = (line, new Random(seed), startMs, demand);
        (_nextFrameMs, _nextAudioMs, _nextFeedbackMs) = (startMs, startMs, startMs + 50);
        Bandwidth.SetDemand(demand);
    }

    public SendBandwidth Bandwidth { get; } = new();

    public double StartMs { get; }

    public long Demand { get; set; }

    /// <summary>The estimate with which a little more would be sent; 0 for none.</summary>
    public long Next { get; set; }

    /// <summary>What is sent at most, if less than the demand.</summary>
    public long SourceBitsPerSecond { get; set; } = long.MaxValue;

    public double FeedbackLoss { get; set; }

    /// <summary>The client gets processor time for 5 ms, then waits for up to this time. Meanwhile it reads nothing and sends no feedback.</summary>
    public double MaxPauseMs { get; set; }

    /// <summary>Bytes sent since the caller cleared it.</summary>
    public long SentBytes { get; set; }

    public long Estimate => Bandwidth.EstimateBitsPerSecond;

    /// <summary>Advances by one millisecond.</summary>
    public void Step(double nowMs)
    {
        var now = Ticks(nowMs);
        if (nowMs >= _asleepUntilMs && nowMs >= _awakeUntilMs && MaxPauseMs > 0)
        {
            _asleepUntilMs = nowMs + (_random.NextDouble() * MaxPauseMs);
            _awakeUntilMs = _asleepUntilMs + 5;
        }

        while (_events.TryPeek(out _, out var at) && at <= nowMs)
        {
            _events.Dequeue()(Ticks(at));
        }

        if (nowMs < StartMs)
        {
            return;
        }

        Bandwidth.SetDemand(Demand, Next);
        if (nowMs % 10 == 0)
        {
            Bandwidth.HandleTimeout(now);
        }

        Produce(nowMs);
        Pace(nowMs);
        if (nowMs >= _nextFeedbackMs && nowMs >= _asleepUntilMs)
        {
            _nextFeedbackMs = nowMs + 50 + (_random.NextDouble() * 50);
            Report(nowMs);
        }
    }

    private static long Ticks(double ms) => TimeSpan.TicksPerDay + (long)(ms * TimeSpan.TicksPerMillisecond);

    private void Produce(double nowMs)
    {
        var rate = Math.Min(Math.Min(Estimate, Demand), SourceBitsPerSecond);
        if (nowMs >= _nextAudioMs)
        {
            _nextAudioMs += 20;
            Send(nowMs, 120, 0);
        }

        if (nowMs >= _nextFrameMs)
        {
            _nextFrameMs += 1000.0 / 30;
            var frame = Math.Max(0, rate - 48_000) / 30.0 / 8 * (0.7 + (_random.NextDouble() * 0.6));
            _queuedBytes += _queuedBytes * 8 > rate * 0.15 ? 0 : frame; // the encoder skips a frame when the pacer is full
        }
    }

    private void Pace(double nowMs)
    {
        if (_probe.Id == 0 && Bandwidth.TryTakeProbe(Ticks(nowMs), out _probe))
        {
            (_probeEndMs, _probeBudget, _probePackets) = (nowMs + ((double)_probe.DurationTicks / TimeSpan.TicksPerMillisecond), 0, 0);
        }

        if (_probe.Id != 0)
        {
            for (_probeBudget += _probe.BitsPerSecond / 8000.0; _probeBudget > 0; _probePackets++)
            {
                _probeBudget -= PacketBytes;
                _queuedBytes = Math.Max(0, _queuedBytes - PacketBytes); // media first, then padding
                Send(nowMs, PacketBytes, _probe.Id);
            }

            _probe = nowMs >= _probeEndMs && _probePackets >= _probe.MinPackets ? default : _probe;
            return;
        }

        _budgetBytes = Math.Min(_budgetBytes + (Estimate * 2.5 / 8000), PacketBytes);
        while (_queuedBytes >= 1 && _budgetBytes > 0)
        {
            var bytes = (int)Math.Min(PacketBytes, Math.Ceiling(_queuedBytes));
            _queuedBytes -= bytes;
            _budgetBytes -= bytes;
            Send(nowMs, bytes, 0);
        }
    }

    private void Send(double nowMs, int bytes, int probeId)
    {
        SentBytes += bytes;
        var sequence = Bandwidth.OnSent(Ticks(nowMs), bytes, probeId);
        if (_line.Send(nowMs, bytes) is { } arrival)
        {
            _events.Enqueue(_ => Read(arrival, sequence), arrival);
        }
    }

    private void Read(double nowMs, ushort sequence)
    {
        if (nowMs < _asleepUntilMs)
        {
            var at = _asleepUntilMs;
            _events.Enqueue(_ => Read(at, sequence), at);
            return;
        }

        _arrivals.OnPacket(Ticks(nowMs) + TimeSpan.TicksPerHour, sequence);
    }

    private void Report(double nowMs)
    {
        while (_arrivals.HasUnreportedPackets)
        {
            var packet = _buffer.AsSpan(0, _arrivals.WriteFeedback(1, 2, _buffer)).ToArray();
            if (_random.NextDouble() >= FeedbackLoss)
            {
                _events.Enqueue(now => Bandwidth.OnFeedback(now, packet), nowMs + _line.DelayMs);
            }
        }
    }
}
