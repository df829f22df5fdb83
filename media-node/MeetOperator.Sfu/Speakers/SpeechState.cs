namespace MeetOperator.Sfu.Speakers;

/// <summary>What is known about the speech of a microphone at one moment.</summary>
/// <param name="Level">The loudness from 0 (silent) to 127, smoothed.</param>
/// <param name="IsSpeaking">Whether somebody speaks.</param>
/// <param name="SinceTicks">When the present or last speech began; 0 without one.</param>
/// <param name="LastTicks">When it was last above the threshold; 0 without one.</param>
public readonly record struct SpeechState(int Level, bool IsSpeaking, long SinceTicks, long LastTicks);
