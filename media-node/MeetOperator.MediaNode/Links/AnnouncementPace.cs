namespace MeetOperator.MediaNode.Links;

/// <summary>
/// Keeps what this end announces within the <see cref="AnnouncementLimit"/> of the other end. Announcements can be delayed and then arrive together, so it allows fewer: the
/// difference covers a delay that varies by two seconds. Time passes only in <see cref="Earn"/>.
/// </summary>
internal sealed class AnnouncementPace
{
    private const int Burst = AnnouncementLimit.Burst / 2;
    private const long DelayTicks = Burst * TimeSpan.TicksPerSecond / AnnouncementLimit.PerSecond;
    private double _left;
    private long? _lastTicks;

    /// <summary>Whether no track may be announced now.</summary>
    public bool IsUsedUp => _left < 1;

    /// <summary>A new channel has opened.</summary>
    public void OnOpened() => (_left, _lastTicks) = (LinkIncoming.MaxTracks, null);

    /// <summary>Adds the announcements that the time since the last call allows.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="hasRoom">
    /// Whether announcements could be sent. Nothing becomes possible while they could not: what was announced before may arrive only now, when the other end allows no more than its burst.
    /// </param>
    public void Earn(long nowTicks, bool hasRoom)
    {
        _lastTicks ??= nowTicks + DelayTicks; // the other end adds from the beginning on, so it always allows more
        if (nowTicks > _lastTicks)
        {
            var earned = hasRoom ? (double)(nowTicks - _lastTicks.Value) / TimeSpan.TicksPerSecond * AnnouncementLimit.PerSecond : 0;
            (_left, _lastTicks) = (Math.Max(_left, Math.Min(Burst, _left + earned)), nowTicks);
        }
    }

    /// <summary>A track was announced.</summary>
    public void Take() => _left--;
}
