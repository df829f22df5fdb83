using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tracks;

/// <summary>
/// Limits the rate of an audio track from a client, because audio is sent before everything else, whatever a receiver's line can take. Measures how much of what arrives repeats
/// earlier frames (RFC 2198), which receivers may get without. Used by one loop.
/// </summary>
internal struct AudioRate
{
    /// <summary>
    /// Audio above this rate is dropped, when each frame counts once: the highest rate of Opus, 510 kbit/s (RFC 6716 §2.1.1), with the headers of a packet every 5 ms. Frames that are
    /// sent again may take as much.
    /// </summary>
    private const long MaxBitsPerSecond = 600_000;

    /// <summary>Audio that takes so long at this rate may arrive at once.</summary>
    private const long BurstTicks = TimeSpan.TicksPerSecond / 2;
    private const double MeanPackets = 64;
    private SendRate _limit;
    private SendRate _redundancyLimit;

    /// <summary>Moving averages of the last packets: their size in bytes, and how much of it repeats earlier frames.</summary>
    private double _packetBytes;
    private double _redundantBytes;

    public AudioRate()
    {
        _limit.Set(0, MaxBitsPerSecond);
        _redundancyLimit.Set(0, MaxBitsPerSecond);
    }

    /// <summary>Counts a packet. False when it exceeds the limit, so that nobody may get it.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="bytes">The size of the packet.</param>
    /// <param name="redundantBytes">How much of it repeats earlier frames.</param>
    /// <param name="isRedundant">Whether it may be sent with those frames.</param>
    public bool TryAdd(long nowTicks, int bytes, int redundantBytes, out bool isRedundant)
    {
        isRedundant = false;
        if (!_limit.IsOpen(nowTicks, BurstTicks))
        {
            return false;
        }

        _limit.OnSent(nowTicks, bytes - redundantBytes);
        if (redundantBytes > 0 && _redundancyLimit.IsOpen(nowTicks, BurstTicks))
        {
            _redundancyLimit.OnSent(nowTicks, redundantBytes);
            isRedundant = true;
        }

        _packetBytes += (bytes - _packetBytes) / MeanPackets;
        _redundantBytes += (redundantBytes - _redundantBytes) / MeanPackets;
        return true;
    }

    /// <summary>The rate in bits per second when each frame is sent once.</summary>
    /// <param name="bytesPerSecond">The rate at which the track arrives.</param>
    public readonly long BitsPerSecondOf(long bytesPerSecond) => (long)(bytesPerSecond * 8 * (1 - (_redundantBytes / Math.Max(1, _packetBytes))));

    /// <summary>The rate in bits per second when each frame is sent twice.</summary>
    /// <inheritdoc cref="BitsPerSecondOf"/>
    public readonly long RedundantBitsPerSecondOf(long bytesPerSecond) => Math.Max(bytesPerSecond * 8, (long)(BitsPerSecondOf(bytesPerSecond) * SoundDemand.UsualRedundancy));
}
