namespace MeetOperator.Relay.Messages;

/// <summary>The speech of one microphone. Times are relative to the sending of the message, because the clocks of two media nodes have nothing in common.</summary>
/// <param name="Track">The number that the carrier gave the microphone.</param>
/// <param name="Level">The smoothed loudness from 0 (silent) to 127.</param>
/// <param name="IsSpeaking">Whether somebody speaks.</param>
/// <param name="SinceMilliseconds">How long ago the present or last speech began; <see cref="Never"/> without one.</param>
/// <param name="LastMilliseconds">How long ago it was last above the threshold; <see cref="Never"/> without one.</param>
public readonly record struct RelayedSpeech(uint Track, byte Level, bool IsSpeaking, uint SinceMilliseconds, uint LastMilliseconds)
{
    /// <summary>Stands for no speech so far.</summary>
    public const uint Never = uint.MaxValue;
}
