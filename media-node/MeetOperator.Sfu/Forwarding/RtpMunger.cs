using MeetOperator.Rtp.Packets;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// Gives one subscriber an unbroken stream although the source is paused, resumed or replaced: sequence numbers go on where they stopped,
/// timestamps follow the clock. Works on unwrapped 64-bit sequence numbers, so that order is plain comparison.
/// </summary>
public struct RtpMunger
{
    private const int KeptSegments = 4;
    private Segments _segments;
    private int _current;
    private long _highestOut;
    private uint _timestampOffset;
    private uint _lastTimestamp;
    private long _lastTicks;
    private bool _started;

    /// <summary>Added to the source's timestamps; also maps the source's sender reports.</summary>
    public readonly uint TimestampOffset => _timestampOffset;

    public readonly bool IsStarted => _started;

    /// <summary>The highest sequence number sent, unwrapped.</summary>
    public readonly long HighestOut => _highestOut;

    /// <summary>Begins, or goes on after a pause of the same source, with the packet <paramref name="sourceSequence"/>.</summary>
    /// <param name="sourceSequence">Unwrapped number of the first packet to be sent from now on.</param>
    /// <param name="firstOut">Number to begin with when nothing was sent yet.</param>
    public void Resume(long sourceSequence, ushort firstOut)
    {
        if (!_started)
        {
            _started = true;
            _highestOut = 0x10000L + firstOut - 1;
        }
        else
        {
            _current = (_current + 1) % KeptSegments;
        }

        _segments[_current] = new Segment { FirstIn = sourceSequence, FirstOut = _highestOut + 1 };
    }

    /// <summary>Goes on with another source: its timestamps are laid so that the stream's clock runs on.</summary>
    public void Switch(long sourceSequence, uint sourceTimestamp, ushort firstOut, long nowTicks, int clockRate)
    {
        if (_started)
        {
            var elapsed = RtpTimestamp.FromTicks(Math.Max(0, nowTicks - _lastTicks), clockRate);
            _timestampOffset = _lastTimestamp + (uint)Math.Max(1, elapsed) - sourceTimestamp;
            _segments = default; // under their numbers the new source has other packets
        }

        Resume(sourceSequence, firstOut);
    }

    /// <summary>Maps a packet. False for one that is older than the last resume: it belongs to what was not sent.</summary>
    public bool TryMap(long sourceSequence, uint sourceTimestamp, long nowTicks, out ushort sequence, out uint timestamp)
    {
        ref readonly var segment = ref _segments[_current];
        sequence = 0;
        timestamp = sourceTimestamp + _timestampOffset;
        if (!_started || sourceSequence < segment.FirstIn)
        {
            return false;
        }

        var mapped = segment.FirstOut + (sourceSequence - segment.FirstIn);
        if (mapped > _highestOut)
        {
            _highestOut = mapped;
            _lastTimestamp = timestamp;
            _lastTicks = nowTicks;
        }

        sequence = (ushort)mapped;
        return true;
    }

    /// <summary>Which packet of the source was sent under <paramref name="sequence"/>; false when that is too long ago or was never.</summary>
    public readonly bool TryFindSource(ushort sequence, out long sourceSequence)
    {
        sourceSequence = 0;
        var mapped = _highestOut + SequenceNumber.Distance((ushort)_highestOut, sequence);
        if (!_started || mapped > _highestOut)
        {
            return false;
        }

        for (var age = 0; age < KeptSegments; age++)
        {
            ref readonly var segment = ref _segments[(_current + KeptSegments - age) % KeptSegments];
            if (segment.FirstOut == 0)
            {
                return false;
            }

            if (mapped >= segment.FirstOut)
            {
                sourceSequence = segment.FirstIn + (mapped - segment.FirstOut);
                return true;
            }
        }

        return false;
    }

    private struct Segment
    {
        public long FirstIn;
        public long FirstOut;
    }

    [System.Runtime.CompilerServices.InlineArray(KeptSegments)]
    private struct Segments
    {
        private Segment _first;
    }
}
