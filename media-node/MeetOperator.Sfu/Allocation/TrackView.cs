namespace MeetOperator.Sfu.Allocation;

/// <summary>How a subscriber shows a video track. Sizes are in device pixels. The default value means that the subscriber did not tell.</summary>
public readonly record struct TrackView
{
    private TrackView(bool isHidden, int width, int height, bool isPinned) => (IsHidden, Width, Height, IsPinned) = (isHidden, width, height, isPinned);

    /// <summary>The track is not shown, so nothing is sent.</summary>
    public static TrackView Hidden { get; } = new(true, 0, 0, false);

    public bool IsHidden { get; }

    /// <summary>0 when the subscriber did not tell the size.</summary>
    public int Width { get; }

    public int Height { get; }

    /// <summary>Whether the subscriber has chosen to see the track before others.</summary>
    public bool IsPinned { get; }

    public bool HasSize => Width > 0 && Height > 0;

    /// <summary>The track is shown in this size. Sizes below one pixel mean an unknown size.</summary>
    public static TrackView Of(int width, int height, bool isPinned = false) => new(false, Math.Max(0, width), Math.Max(0, height), isPinned);
}
