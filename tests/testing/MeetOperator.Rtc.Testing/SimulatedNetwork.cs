using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Testing;

/// <summary>
/// Transports datagrams between addresses in simulated time. The same seed produces the same losses, duplicates and order, so a
/// failed run can be repeated. Not thread-safe.
/// </summary>
public sealed class SimulatedNetwork(int seed, LinkConditions conditions)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<Delivery, (long At, long Number)> _queue = new();
    private readonly Dictionary<TransportAddress, Receiver> _receivers = [];
    private long _sent;

    /// <summary>Receives a datagram. The receiver owns the array.</summary>
    public delegate void Receiver(long nowTicks, TransportAddress from, byte[] datagram);

    /// <summary>The simulated clock. It does not start at zero, so that tests detect code that confuses zero with "never".</summary>
    public long NowTicks { get; private set; } = TimeSpan.TicksPerDay;

    /// <summary>The conditions for datagrams that are sent from now on.</summary>
    public LinkConditions Conditions { get; set; } = conditions;

    /// <summary>The time of the next arrival; <see cref="long.MaxValue"/> when no datagram is in transit.</summary>
    public long NextDeliveryTicks => _queue.TryPeek(out _, out var priority) ? priority.At : long.MaxValue;

    /// <summary>The number of datagrams sent, including lost ones.</summary>
    public long Sent => _sent;

    public long Lost { get; private set; }

    public void Attach(TransportAddress address, Receiver receiver) => _receivers[address] = receiver;

    public void Detach(TransportAddress address) => _receivers.Remove(address);

    public void Send(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        _sent++;
        if (_random.NextDouble() < Conditions.LossRate)
        {
            Lost++;
            return;
        }

        Enqueue(from, to, datagram);
        if (_random.NextDouble() < Conditions.DuplicationRate)
        {
            Enqueue(from, to, datagram);
        }
    }

    /// <summary>Advances the clock and delivers due datagrams in order of arrival.</summary>
    public void AdvanceTo(long ticks)
    {
        while (_queue.TryPeek(out var delivery, out var priority) && priority.At <= ticks)
        {
            _queue.Dequeue();
            NowTicks = Math.Max(NowTicks, priority.At);
            if (_receivers.TryGetValue(delivery.To, out var receiver))
            {
                receiver(NowTicks, delivery.From, delivery.Datagram);
            }
        }

        NowTicks = Math.Max(NowTicks, ticks);
    }

    private void Enqueue(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        var delay = Conditions.DelayTicks + (long)(_random.NextDouble() * Conditions.JitterTicks);
        if (_random.NextDouble() < Conditions.ReorderRate)
        {
            delay += Conditions.ReorderDelayTicks;
        }

        _queue.Enqueue(new Delivery(from, to, datagram.ToArray()), (NowTicks + delay, _sent));
    }

    private readonly record struct Delivery(TransportAddress From, TransportAddress To, byte[] Datagram);
}
