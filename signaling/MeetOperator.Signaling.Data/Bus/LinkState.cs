namespace MeetOperator.Signaling.Data.Bus;

/// <summary>
/// Whether Redis responds, and whether every channel is subscribed. A break ends both. A check that started before a break must not undo it, so the caller
/// passes the number of breaks at the start of the check. Thread-safe.
/// </summary>
internal sealed class LinkState
{
    private readonly Lock gate = new();
    private long breaks;
    private bool isAlive;
    private bool isSubscribed;

    /// <summary>The number of breaks so far.</summary>
    public long Breaks
    {
        get
        {
            lock (gate)
            {
                return breaks;
            }
        }
    }

    /// <summary>Redis responds to commands.</summary>
    public bool IsAlive
    {
        get
        {
            lock (gate)
            {
                return isAlive;
            }
        }
    }

    /// <summary>Redis responds to commands, and every channel is subscribed.</summary>
    public bool IsSubscribed
    {
        get
        {
            lock (gate)
            {
                return isSubscribed;
            }
        }
    }

    public void Break()
    {
        lock (gate)
        {
            breaks++;
            isAlive = false;
            isSubscribed = false;
        }
    }

    /// <summary>Records that Redis responds again. Returns false and does nothing if there was a break since <paramref name="breaksBefore"/>.</summary>
    public bool TryMarkAlive(long breaksBefore)
    {
        lock (gate)
        {
            if (breaks != breaksBefore)
            {
                return false;
            }

            isAlive = true;
            return true;
        }
    }

    /// <summary>Records that every channel is subscribed. Returns false and does nothing if there was a break since <paramref name="breaksBefore"/>.</summary>
    public bool TryMarkSubscribed(long breaksBefore)
    {
        lock (gate)
        {
            if (!isAlive || breaks != breaksBefore)
            {
                return false;
            }

            isSubscribed = true;
            return true;
        }
    }
}
