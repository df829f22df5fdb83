namespace MeetOperator.Rtc.Testing;

/// <summary>
/// Carries datagrams between addresses in simulated time. The same seed gives the same losses, copies and order, so a
/// failing run can be repeated.
/// </summary>
public sealed class SimulatedNetwork(int seed, LinkConditions conditions)
{
    private readonly Random random = new(seed);
    private readonly PriorityQueue<Delivery, (long At, long Number)> queue = new();
    private readonly Dictionary<TransportAddress, Receiver> receivers = [];
    private long sent;

    /// <summary>Takes a datagram that arrived. The array is the receiver's own.</summary>
    public delegate void Receiver(long nowTicks, TransportAddress from, byte[] datagram);

    /// <summary>The simulated clock. It starts away from zero, so that code which confuses zero with "never" shows.</summary>
    public long NowTicks { get; private set; } = TimeSpan.TicksPerDay;

    /// <summary>How the network treats what is sent from now on.</summary>
    public LinkConditions Conditions { get; set; } = conditions;

    /// <summary>When the next datagram arrives; <see cref="long.MaxValue"/> when nothing is on its way.</summary>
    public long NextDeliveryTicks => queue.TryPeek(out _, out var priority) ? priority.At : long.MaxValue;

    /// <summary>Datagrams given to the network.</summary>
    public long Sent => sent;

    public long Lost { get; private set; }

    public void Attach(TransportAddress address, Receiver receiver) => receivers[address] = receiver;

    public void Detach(TransportAddress address) => receivers.Remove(address);

    public void Send(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        sent++;
        if (random.NextDouble() < Conditions.LossRate)
        {
            Lost++;
            return;
        }

        Enqueue(from, to, datagram);
        if (random.NextDouble() < Conditions.DuplicationRate)
        {
            Enqueue(from, to, datagram);
        }
    }

    /// <summary>Moves the clock and delivers what is due, in order of arrival.</summary>
    public void AdvanceTo(long ticks)
    {
        while (queue.TryPeek(out var delivery, out var priority) && priority.At <= ticks)
        {
            queue.Dequeue();
            NowTicks = Math.Max(NowTicks, priority.At);
            if (receivers.TryGetValue(delivery.To, out var receiver))
            {
                receiver(NowTicks, delivery.From, delivery.Datagram);
            }
        }

        NowTicks = Math.Max(NowTicks, ticks);
    }

    private void Enqueue(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        var delay = Conditions.DelayTicks + (long)(random.NextDouble() * Conditions.JitterTicks);
        if (random.NextDouble() < Conditions.ReorderRate)
        {
            delay += Conditions.ReorderDelayTicks;
        }

        queue.Enqueue(new Delivery(from, to, datagram.ToArray()), (NowTicks + delay, sent));
    }

    private readonly record struct Delivery(TransportAddress From, TransportAddress To, byte[] Datagram);
}
