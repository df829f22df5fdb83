using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Allocation;

/// <summary>What is known of one layer of a video track.</summary>
/// <param name="IsAvailable">Whether the publisher sends the layer, or would if it were asked.</param>
/// <param name="Width">Width of the picture in pixels; 0 when it is not known.</param>
/// <param name="Height">Height of the picture in pixels; 0 when it is not known.</param>
/// <param name="BytesPerSecond">The measured rate; 0 when it is not known.</param>
public readonly record struct LayerState(bool IsAvailable, int Width, int Height, long BytesPerSecond)
{
    /// <summary>The decode targets of the layer; empty when they are not known, or there is only one.</summary>
    public LayerTargets Targets { get; init; }

    public bool HasSize => Width > 0 && Height > 0;
}
