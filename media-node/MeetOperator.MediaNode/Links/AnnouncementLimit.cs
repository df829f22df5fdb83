namespace MeetOperator.MediaNode.Links;

/// <summary>
/// Limits the announcements of tracks on one link. Whoever opens a channel may announce everything at once, up to the maximum number of tracks; later a meeting of ordinary size needs
/// far fewer.
/// </summary>
internal sealed class AnnouncementLimit(int tracks)
{
    public const int Burst = 256;
    public const int PerSecond = 64;
    private double _left;
    private long _lastTicks;

    /// <summary>A new channel has opened, in which all tracks are announced.</summary>
    public void OnOpened(long nowTicks) => (_left, _lastTicks) = (tracks, nowTicks);

    /// <summary>Takes one announcement. False when there are too many.</summary>
    public bool TryTake(long nowTicks)
    {
        var earned = (double)(nowTicks - _lastTicks) / TimeSpan.TicksPerSecond * PerSecond;
        (_left, _lastTicks) = (Math.Max(_left, Math.Min(Burst, _left + earned)), nowTicks);
        if (_left < 1)
        {
            return false;
        }

        _left--;
        return true;
    }
}
