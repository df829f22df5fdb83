namespace MeetOperator.Sfu.Forwarding;

/// <summary>Follows the loudness that a microphone's packets announce (RFC 6464), so that the room knows who speaks.</summary>
public struct AudioLevelMeter
{
    private int _loudest;
    private double _smooth;

    /// <summary>0 (silent) to 127, smoothed over about a second.</summary>
    public readonly int Level => (int)_smooth;

    /// <summary>Takes the extension's byte: voice flag and the level in -dBov.</summary>
    public void OnPacket(byte value) => _loudest = Math.Max(_loudest, 127 - (value & 0x7F));

    /// <summary>Closes an interval of about 250 ms.</summary>
    public void Update()
    {
        // Quick to rise, slow to fall: words have gaps.
        _smooth += (_loudest - _smooth) * (_loudest > _smooth ? 0.6 : 0.25);
        _loudest = 0;
    }
}
