namespace MeetOperator.Sfu.Allocation;

/// <summary>
/// Whether the publisher is asked to send one layer. It is, while a subscriber gets it or waits for it, and for three seconds afterwards, so that short changes do not restart
/// its encoder. A layer that does not arrive stays requested, so that it starts as soon as the camera and the publisher's line allow it.
/// </summary>
/// <param name="isRelayed">Whether a link between media nodes carries the track. It carries no layer before it is asked, and none that is not used, whether it arrives or not.</param>
internal struct LayerDemand(bool isRelayed)
{
    /// <summary>Time from the last use until the publisher may stop the layer.</summary>
    public const long ReleaseTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>Time within which a requested layer must arrive. After it, subscribers get another layer.</summary>
    public const long StartTicks = 2 * TimeSpan.TicksPerSecond;

    private long? _lastUsedTicks;
    private long? _requestedTicks;

    /// <summary>Whether the publisher is asked for the layer. A new publisher sends all its layers.</summary>
    public readonly bool IsRequested => _requestedTicks is not null || IsNewPublisher;

    private readonly bool IsNewPublisher => _lastUsedTicks is null && !isRelayed;

    /// <summary>Records whether the layer is used and arrives. Returns true when <see cref="IsRequested"/> has changed.</summary>
    public bool TryUpdate(long nowTicks, bool isUsed, bool arrives)
    {
        var before = IsRequested;
        _requestedTicks = IsNewPublisher ? nowTicks : _requestedTicks;
        _lastUsedTicks = isUsed || IsNewPublisher ? nowTicks : _lastUsedTicks;
        if ((arrives || isRelayed) && nowTicks - _lastUsedTicks >= ReleaseTicks)
        {
            _requestedTicks = null;
        }
        else if (isUsed)
        {
            _requestedTicks ??= nowTicks;
        }

        return IsRequested != before;
    }

    /// <summary>Whether a subscriber can have the layer: it arrives, or it would if it were requested.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="arrives">Whether packets of the layer arrive.</param>
    /// <param name="hasArrived">Whether the publisher has ever sent the layer.</param>
    public readonly bool IsAvailable(long nowTicks, bool arrives, bool hasArrived) =>
        arrives || (hasArrived && (_requestedTicks is null || nowTicks - _requestedTicks < StartTicks));
}
