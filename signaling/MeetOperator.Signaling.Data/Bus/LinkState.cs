namespace MeetOperator.Signaling.Data.Bus;

/// <summary>
/// Whether Redis responds, and whether every channel is subscribed. A break ends both. A check that started before a break must not undo it, so the caller
/// passes the number of breaks at the start of the check. Thread-safe.
/// </summary>
internal sealed class LinkState
{
    private readonly Lock _gate = new();
    private long _breaks;
    private bool _isAlive;
    private bool _isSubscribed;

    /// <summary>The number of breaks so far.</summary>
    public long Breaks
    {
        get
        {
            lock (_gate)
            {
                return _breaks;
            }
        }
    }

    /// <summary>Redis responds to commands.</summary>
    public bool IsAlive
    {
        get
        {
            lock (_gate)
            {
                return _isAlive;
            }
        }
    }

    /// <summary>Redis responds to commands, and every channel is subscribed.</summary>
    public bool IsSubscribed
    {
        get
        {
            lock (_gate)
            {
                return _isSubscribed;
            }
        }
    }

    public void Break()
    {
        lock (_gate)
        {
            _breaks++;
            _isAlive = false;
            _isSubscribed = false;
        }
    }

    /// <summary>Records that Redis responds again. Returns false and does nothing if there was a break since <paramref name="breaksBefore"/>.</summary>
    public bool TryMarkAlive(long breaksBefore)
    {
        lock (_gate)
        {
            if (_breaks != breaksBefore)
            {
                return false;
            }

            _isAlive = true;
            return true;
        }
    }

    /// <summary>Records that every channel is subscribed. Returns false and does nothing if there was a break since <paramref name="breaksBefore"/>.</summary>
    public bool TryMarkSubscribed(long breaksBefore)
    {
        lock (_gate)
        {
            if (!_isAlive || _breaks != breaksBefore)
            {
                return false;
            }

            _isSubscribed = true;
            return true;
        }
    }
}
