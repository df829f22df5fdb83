namespace MeetOperator.Sfu.Forwarding;

/// <summary>Smooths the audio levels in a microphone's packets (RFC 6464) for active speaker detection.</summary>
internal struct AudioLevelMeter
{
    private int _loudest;
    private double _smooth;

    /// <summary>The loudness from 0 (silent) to 127, smoothed over about a second.</summary>
    public readonly int Level => (int)_smooth;

    /// <summary>Records the byte of the header extension: the voice flag and the level in -dBov.</summary>
    public void OnPacket(byte value) => _loudest = Math.Max(_loudest, 127 - (value & 0x7F));

    /// <summary>Ends an interval. Call this about every 250 ms.</summary>
    public void Update()
    {
        // The level rises fast and falls slowly because speech has pauses.
        _smooth += (_loudest - _smooth) * (_loudest > _smooth ? 0.6 : 0.25);
        _loudest = 0;
    }
}
