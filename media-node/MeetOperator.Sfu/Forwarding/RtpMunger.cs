using MeetOperator.Rtp.Packets;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// Keeps one subscriber's stream continuous when the source is paused, resumed or replaced: sequence numbers have no gaps and timestamps
/// follow the clock. Uses 64-bit sequence numbers, so that plain comparison gives their order.
/// </summary>
internal struct RtpMunger
{
    private const int MaxSegments = 4;
    private Segments _segments;
    private int _current;
    private long _highestOut;
    private uint _timestampOffset;
    private uint _lastTimestamp;
    private long _lastTicks;
    private bool _started;

    /// <summary>The offset that is added to the source's timestamps, in packets and in sender reports.</summary>
    public readonly uint TimestampOffset => _timestampOffset;

    /// <summary>Starts the stream, or resumes it after a pause of the same source.</summary>
    /// <param name="sourceSequence">64-bit sequence number of the first source packet to send.</param>
    /// <param name="firstOut">First sequence number of the stream; ignored once a packet was sent.</param>
    public void Resume(long sourceSequence, ushort firstOut)
    {
        if (!_started)
        {
            _started = true;
            _highestOut = 0x10000L + firstOut - 1;
        }
        else
        {
            _current = (_current + 1) % MaxSegments;
        }

        _segments[_current] = new Segment { FirstIn = sourceSequence, FirstOut = _highestOut + 1 };
    }

    /// <summary>Continues with another source and maps its timestamps so that the clock of the stream continues.</summary>
    public void Switch(long sourceSequence, uint sourceTimestamp, ushort firstOut, long nowTicks, int clockRate)
    {
        if (_started)
        {
            var elapsed = RtpTimestamp.FromTicks(Math.Max(0, nowTicks - _lastTicks), clockRate);
            _timestampOffset = _lastTimestamp + (uint)Math.Max(1, elapsed) - sourceTimestamp;
            _segments = default; // the old mappings would resolve to unrelated packets of the new source
        }

        Resume(sourceSequence, firstOut);
    }

    /// <summary>Maps a packet to the stream. False for a packet that precedes the last resume, because the source was paused then.</summary>
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

    /// <summary>Finds the source packet that was sent as <paramref name="sequence"/>. False when the number is too old or was not sent.</summary>
    public readonly bool TryFindSource(ushort sequence, out long sourceSequence)
    {
        sourceSequence = 0;
        var mapped = _highestOut + SequenceNumber.Distance((ushort)_highestOut, sequence);
        if (!_started || mapped > _highestOut)
        {
            return false;
        }

        for (var age = 0; age < MaxSegments; age++)
        {
            ref readonly var segment = ref _segments[(_current + MaxSegments - age) % MaxSegments];
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

    [System.Runtime.CompilerServices.InlineArray(MaxSegments)]
    private struct Segments
    {
        private Segment _first;
    }
}
