namespace MeetOperator.Sfu.Allocation;

/// <summary>
/// The part of a line that is kept free for sound: the most that it took in the last 30 to 60 seconds. Silent microphones send almost nothing (DTX), so on a narrow line video would
/// otherwise come with each silence and go with the next word.
/// </summary>
internal struct AudioReserve
{
    private const long WindowTicks = 30 * TimeSpan.TicksPerSecond;

    /// <summary>Three participants who speak at the same time. More is no speech, and counts only while it is sent.</summary>
    private const long MaxSpeechBitsPerSecond = 3 * SoundDemand.MaxSpeechBitsPerSecond;
    private long _sinceTicks;
    private long _highest;
    private long _previousHighest;

    /// <summary>Adds what sound takes now, and returns what to keep free for it in bits per second, when each frame is sent once.</summary>
    public long Update(long nowTicks, in SoundDemand sound)
    {
        if (nowTicks - _sinceTicks > WindowTicks)
        {
            (_sinceTicks, _previousHighest, _highest) = (nowTicks, _highest, 0);
        }

        _highest = Math.Max(_highest, Math.Min(sound.Speech, MaxSpeechBitsPerSecond));
        return Math.Max(sound.Single, Math.Max(_highest, _previousHighest));
    }
}
