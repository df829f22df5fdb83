namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// Decides how long the packets of an incomplete frame wait for the rest, so that a subscriber gets the frame in one segmented message, which halves the cost of a packet. A wait
/// costs the loop another wake-up, so there is none while waiting has lately brought nothing, as with publishers who spread their packets evenly. Only authenticated packets of tracks
/// that can be forwarded count, so that nobody else can delay media or make it expensive. Pure; used on the loop's thread.
/// </summary>
internal sealed class FrameWait
{
    /// <summary>How long the first packets wait without work.</summary>
    private const long QuietTicks = 150 * TimeSpan.TicksPerMicrosecond;

    /// <summary>
    /// How long they wait at most while more packets have already arrived: encrypting the first packets for many subscribers can take longer than <see cref="QuietTicks"/>.
    /// </summary>
    private const long MaxTicks = 600 * TimeSpan.TicksPerMicrosecond;

    /// <summary>A smaller packet does not wait. Those of audio are smaller.</summary>
    private const int FrameBytes = 500;

    /// <summary>Waits in vain, in a row, after which the loop stops waiting.</summary>
    private const int MaxVain = 8;

    /// <summary>Every how many incomplete frames it tries again.</summary>
    private const int RetryInterval = 32;
    private bool _hasReceived;
    private long? _startTicks;
    private bool _hasPaused;
    private int _vain;
    private int _skipped;

    /// <summary>Whether packets wait.</summary>
    public bool IsWaiting => _startTicks is not null;

    /// <summary>Whether the last packet was not the last one of its video frame.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>An authenticated RTP packet was handled. A large one without the marker bit is not the last one of a video frame.</summary>
    public void OnPacket(int length, bool hasMarker) => (IsOpen, _hasReceived) = (length >= FrameBytes && !hasMarker, true);

    /// <summary>Returns true when the packets wait, after they were handled or after a wait.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="pauseTicks">How long to wait for packets before the next call; 0 when only those count that are there already.</param>
    public bool TryWait(long nowTicks, out long pauseTicks)
    {
        pauseTicks = 0;
        var hasReceived = _hasReceived;
        _hasReceived = false;
        if (IsWaiting)
        {
            Learn(hasReceived);
        }

        if (!IsOpen || !hasReceived || (!IsWaiting && !TryStart(nowTicks)) || nowTicks - _startTicks >= MaxTicks)
        {
            (_startTicks, IsOpen) = (null, false);
            return false;
        }

        pauseTicks = Math.Max(0, QuietTicks - (nowTicks - _startTicks.GetValueOrDefault()));
        _hasPaused = pauseTicks > 0;
        return true;
    }

    private void Learn(bool hasReceived)
    {
        if (hasReceived)
        {
            (_vain, _skipped) = (0, 0);
        }
        else if (_hasPaused)
        {
            _vain++;
        }
    }

    private bool TryStart(long nowTicks)
    {
        if (_vain >= MaxVain && ++_skipped % RetryInterval != 0)
        {
            return false;
        }

        _startTicks = nowTicks;
        return true;
    }
}
