namespace MeetOperator.Signaling.Media;

/// <summary>
/// Limits how often the view of a client takes effect: four times a second, and twice at once after a pause. A client that joins sends an empty view, and another one
/// as soon as it has drawn the participants, which must not wait. Not thread-safe.
/// </summary>
internal struct ViewPace
{
    /// <summary>The average time between two views. A page that is resized changes its view with every frame.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private const int Burst = 2;

    /// <summary>When as many views as <see cref="Burst"/> may take effect at once again.</summary>
    private TimeSpan _recovered;

    /// <summary>The time until the next view may take effect.</summary>
    /// <param name="now">The time since a fixed moment.</param>
    public readonly TimeSpan WaitAt(TimeSpan now)
    {
        var wait = _recovered - ((Burst - 1) * Interval) - now;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    /// <summary>Records that a view takes effect.</summary>
    /// <param name="now">The time since a fixed moment.</param>
    public void Record(TimeSpan now) => _recovered = (_recovered > now ? _recovered : now) + Interval;
}
