namespace MeetOperator.Signaling.Media;

/// <summary>
/// The members of one meeting on this replica that have found every media node full and wait for a place, in the order of their arrival. The first one tries again from time to time;
/// when there may be several places, the first few do, so that the nodes are not flooded. Thread-safe.
/// </summary>
internal sealed class PlaceLine(TimeProvider time)
{
    /// <summary>How many of the first members try at the same time when there may be several places.</summary>
    public const int Width = 8;

    /// <summary>How often the first member tries again if nothing is known to have changed.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly List<Place> _places = [];
    private volatile bool _isClosed;

    /// <summary>The meeting has ended: nobody waits any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _places.ForEach(static place => place.Signal());
        }
    }

    /// <summary>Whether the meeting has ended.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Whether members wait. One that arrives joins the line then, instead of trying before them.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _places.Count == 0;
            }
        }
    }

    /// <summary>Joins the end of the line. Dispose the result to leave it.</summary>
    public Place Join()
    {
        lock (_gate)
        {
            var place = new Place(this);
            _places.Add(place);
            return place;
        }
    }

    /// <summary>Lets the first members try at once, because the meeting's nodes have changed.</summary>
    public void Wake() => Wake(Width);

    /// <summary>Lets the first member try at once, because a participant has left a node.</summary>
    public void WakeFirst() => Wake(1);

    private void Wake(int count)
    {
        lock (_gate)
        {
            foreach (var place in _places.Take(count))
            {
                place.Signal();
            }
        }
    }

    private bool IsFirst(Place place)
    {
        lock (_gate)
        {
            return _places is [var first, ..] && first == place;
        }
    }

    /// <summary>Takes a member out. Others may try: if it has got a place, there may be more.</summary>
    private void Leave(Place place)
    {
        lock (_gate)
        {
            if (_places.Remove(place))
            {
                Wake(Width);
            }
        }
    }

    /// <summary>A member's position in the line. Used by one caller at a time.</summary>
    public sealed class Place(PlaceLine line) : IDisposable
    {
        private volatile TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>
        /// Waits until the member may try: when it is woken, and for the first one also after <see cref="Retry"/>. Also returns after <paramref name="limit"/>, when canceled, and when
        /// the line is closed.
        /// </summary>
        /// <returns>Whether the member may try.</returns>
        public async Task<bool> WaitAsync(TimeSpan limit, CancellationToken ct)
        {
            if (line.IsClosed)
            {
                return false;
            }

            var signal = _signal.Task;
            var pause = line.IsFirst(this) && Retry < limit ? Retry : limit;
            await signal.WaitAsync(pause, line.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (signal.IsCompleted)
            {
                _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return signal.IsCompleted || line.IsFirst(this);
        }

        public void Dispose() => line.Leave(this);

        internal void Signal() => _signal.TrySetResult();
    }

    private TimeProvider Time => time;
}
