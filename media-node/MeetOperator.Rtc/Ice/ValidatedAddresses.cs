namespace MeetOperator.Rtc.Ice;

/// <summary>Addresses that a peer has proved; the one unheard for longest makes room for a new one.</summary>
internal sealed class ValidatedAddresses
{
    /// <summary>Interfaces times mapped ports of one client; more is an attempt to use up memory.</summary>
    private const int Capacity = 8;

    private readonly TransportAddress[] addresses = new TransportAddress[Capacity];
    private readonly long[] lastSeen = new long[Capacity];

    public int Count { get; private set; }

    public bool Contains(in TransportAddress address)
    {
        for (var i = 0; i < Count; i++)
        {
            if (addresses[i] == address)
            {
                return true;
            }
        }

        return false;
    }

    public void Add(long nowTicks, in TransportAddress address, TransportAddress? keep)
    {
        for (var i = 0; i < Count; i++)
        {
            if (addresses[i] == address)
            {
                lastSeen[i] = nowTicks;
                return;
            }
        }

        var slot = Count < Capacity ? Count++ : Oldest(keep);
        addresses[slot] = address;
        lastSeen[slot] = nowTicks;
    }

    private int Oldest(TransportAddress? keep)
    {
        var oldest = -1;
        for (var i = 0; i < Capacity; i++)
        {
            if (addresses[i] != keep && (oldest < 0 || lastSeen[i] < lastSeen[oldest]))
            {
                oldest = i;
            }
        }

        return oldest;
    }
}
