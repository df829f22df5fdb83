namespace MeetOperator.Signaling.Data;

/// <summary>
/// Whether Redis answers, and whether every channel is subscribed. A break ends both at once. A check that began before a break cannot undo it: its
/// caller names the number of breaks at which the check began. Safe for use from many threads.
/// </summary>
internal sealed class LinkState
{
    private readonly Lock gate = new();
    private long breaks;
    private bool isAlive;
    private bool isSubscribed;

    /// <summary>Breaks so far.</summary>
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

    /// <summary>Commands are answered.</summary>
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

    /// <summary>Commands are answered, and every channel is subscribed.</summary>
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

    /// <summary>Commands are answered again. False, and without effect, when there was a break since <paramref name="breaksBefore"/>.</summary>
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

    /// <summary>Every channel is subscribed. False, and without effect, when there was a break since <paramref name="breaksBefore"/>.</summary>
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
