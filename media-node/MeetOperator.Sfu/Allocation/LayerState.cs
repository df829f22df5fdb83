namespace MeetOperator.Sfu.Allocation;

/// <summary>What is known of one layer of a video track.</summary>
/// <param name="IsAvailable">Whether the publisher sends the layer, or would if it were asked.</param>
/// <param name="Width">Width of the picture in pixels; 0 when it is not known.</param>
/// <param name="Height">Height of the picture in pixels; 0 when it is not known.</param>
/// <param name="BytesPerSecond">The measured rate; 0 when it is not known.</param>
internal readonly record struct LayerState(bool IsAvailable, int Width, int Height, long BytesPerSecond)
{
    public bool HasSize => Width > 0 && Height > 0;
}
