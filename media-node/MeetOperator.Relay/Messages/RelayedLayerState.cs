namespace MeetOperator.Relay.Messages;

/// <summary>What the carrier knows of one layer of a track.</summary>
/// <param name="IsAvailable">Whether the publisher sends the layer, or would if it were asked.</param>
/// <param name="Width">Width of the picture in pixels; 0 when it is not known.</param>
/// <param name="Height">Height of the picture in pixels; 0 when it is not known.</param>
/// <param name="KilobitsPerSecond">The measured rate in 1,000 bit/s; 0 when it is not known.</param>
/// <param name="Targets">The decode targets in the layer, as bits; 0 when they are not known.</param>
public readonly record struct RelayedLayerState(bool IsAvailable, ushort Width, ushort Height, uint KilobitsPerSecond, uint Targets);
