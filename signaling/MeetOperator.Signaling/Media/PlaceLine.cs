namespace MeetOperator.Signaling.Media;

/// <summary>
/// The members of one meeting on this replica that have found every media node full and wait for a place, in the order of their arrival. Only the first few try again, so that
/// nobody overtakes and the nodes are not flooded. Thread-safe.
/// </summary>
internal sealed class PlaceLine(TimeProvider time)
{
    /// <summary>How many of the first members may try at the same time.</summary>
    public const int Width = 8;

    /// <summary>How often one of the first tries again if nothing is known to have changed.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly List<Place> _places = [];

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

    /// <summary>Lets the first members try at once, because the meeting's nodes have changed or somebody has left.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            foreach (var place in _places.Take(Width))
            {
                place.Signal();
            }
        }
    }

    private bool IsFirst(Place place)
    {
        lock (_gate)
        {
            return _places.IndexOf(place) is >= 0 and < Width;
        }
    }

    private void Leave(Place place)
    {
        lock (_gate)
        {
            if (_places.IndexOf(place) is var index and >= 0)
            {
                _places.RemoveAt(index);
                if (index < Width && _places.Count >= Width)
                {
                    _places[Width - 1].Signal();
                }
            }
        }
    }

    /// <summary>A member's position in the line. Used by one caller at a time.</summary>
    public sealed class Place(PlaceLine line) : IDisposable
    {
        private volatile TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Waits until it is the member's turn to try: it is one of the first, and something has changed or <see cref="Retry"/> has passed. Also returns when cancelled.</summary>
        public async Task WaitAsync(CancellationToken ct)
        {
            while (!ct.IsCancellationRequested)
            {
                var isFirst = line.IsFirst(this);
                var signal = _signal.Task;
                var wait = isFirst ? Task.WhenAny(signal, Task.Delay(Retry, line.Time, ct)) : signal.WaitAsync(ct);
                await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (signal.IsCompleted)
                {
                    _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                if (isFirst || line.IsFirst(this))
                {
                    return;
                }
            }
        }

        public void Dispose() => line.Leave(this);

        internal void Signal() => _signal.TrySetResult();
    }

    private TimeProvider Time => time;
}
