namespace MeetOperator.Sfu.Allocation;

/// <summary>What the sound that a subscriber gets takes, in bits per second.</summary>
internal struct SoundDemand
{
    /// <summary>The most that counts as one voice. A client that sends more for a moment takes bandwidth from video only in that moment.</summary>
    public const long MaxSpeechBitsPerSecond = 80_000;

    /// <summary>How much more the audio of a browser takes when each frame is sent twice: headers are sent once.</summary>
    public const double UsualRedundancy = 1.7;

    /// <summary>With each frame sent once.</summary>
    public long Single { get; private set; }

    /// <summary>With each frame sent twice, where the subscriber agreed to that.</summary>
    public long Redundant { get; private set; }

    /// <summary>The part of <see cref="Single"/> that can be voices.</summary>
    public long Speech { get; private set; }

    /// <summary>Whether packets get lost, so that sending frames twice would help.</summary>
    public bool WantsRedundancy { get; private set; }

    /// <summary>Adds a track.</summary>
    /// <param name="single">Its rate with each frame sent once.</param>
    /// <param name="redundant">Its rate with each frame sent twice; 0 when the subscriber has not agreed to that.</param>
    /// <param name="wantsRedundancy">Whether its packets get lost.</param>
    public void Add(long single, long redundant, bool wantsRedundancy)
    {
        Single += single;
        Redundant += Math.Max(single, redundant);
        Speech += Math.Min(single, MaxSpeechBitsPerSecond);
        WantsRedundancy |= wantsRedundancy && redundant > 0;
    }
}
