using MeetOperator.Rtp.Packets;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// Keeps one subscriber's stream continuous when the source is paused, resumed or replaced: sequence numbers have no gaps, timestamps follow the clock, and the
/// numbers of pictures and frames increase. Uses 64-bit sequence numbers, so that plain comparison gives their order.
/// </summary>
internal struct RtpMunger
{
    private const int MaxSegments = 8;
    private Segments _segments;
    private int _current;
    private long _highestOut;
    private uint _lastTimestamp;
    private ushort _lastPictureId;
    private byte _lastTl0;
    private ushort _lastFrame;
    private long _lastTicks;
    private bool _started;

    /// <summary>The offsets of the current source.</summary>
    public readonly NumberOffsets Offsets => _segments[_current].Offsets;

    /// <summary>The highest sequence number that was sent.</summary>
    public readonly ushort LastSequence => (ushort)_highestOut;

    /// <summary>The timestamp of the packet with <see cref="LastSequence"/>.</summary>
    public readonly uint LastTimestamp => _lastTimestamp;

    /// <summary>Starts the stream, or resumes it after a pause of the same source: timestamps keep their offset.</summary>
    /// <param name="layer">The layer of the source.</param>
    /// <param name="first">The first packet to send.</param>
    /// <param name="firstOut">First sequence number of the stream; ignored once a packet was sent.</param>
    public void Resume(byte layer, in SourceNumbers first, ushort firstOut) => Start(layer, first, firstOut, Offsets.Timestamp);

    /// <summary>Continues with another layer of the same source. Packets that were sent before can still be found.</summary>
    /// <param name="layer">The layer of the source.</param>
    /// <param name="first">The first packet to send.</param>
    /// <param name="firstOut">First sequence number of the stream; ignored once a packet was sent.</param>
    /// <param name="nowTicks">The time.</param>
    /// <param name="clockRate">Clock rate of the timestamps in Hz.</param>
    /// <param name="clockOffset">Timestamp of the new layer minus timestamp of the previous layer at the same moment; null when that is unknown.</param>
    public void Switch(byte layer, in SourceNumbers first, ushort firstOut, long nowTicks, int clockRate, uint? clockOffset)
    {
        var offset = Offsets.Timestamp;
        if (_started)
        {
            var elapsed = RtpTimestamp.FromTicks(Math.Max(0, nowTicks - _lastTicks), clockRate);
            offset = _lastTimestamp + (uint)Math.Max(1, elapsed) - first.Timestamp;
            if (clockOffset is { } known)
            {
                // Frames of two layers that were captured at the same time have the same timestamp. A receiver must not take them for one frame, and its clock
                // cannot run backwards. A jump ahead means that a report of the publisher is wrong.
                var aligned = Offsets.Timestamp - known;
                var step = (int)(first.Timestamp + aligned - _lastTimestamp);
                offset = step <= 0 ? _lastTimestamp + 1 - first.Timestamp : step <= elapsed + clockRate ? aligned : offset;
            }
        }

        Start(layer, first, firstOut, offset);
    }

    /// <summary>Continues with another source, whose clock is not known.</summary>
    public void Replace(byte layer, in SourceNumbers first, ushort firstOut, long nowTicks, int clockRate)
    {
        Switch(layer, first, firstOut, nowTicks, clockRate, clockOffset: null);
        var current = _segments[_current];
        _segments = default; // the old mappings would find unrelated packets of the new source
        _segments[_current] = current;
    }

    /// <summary>Maps a packet to the stream. False for a packet that precedes the last start, because another layer or nothing was sent then.</summary>
    public bool TryMap(in SourceNumbers source, long nowTicks, out ushort sequence)
    {
        ref readonly var segment = ref _segments[_current];
        sequence = 0;
        if (!_started || source.Sequence < segment.FirstIn)
        {
            return false;
        }

        var mapped = segment.FirstOut + (source.Sequence - segment.FirstIn);
        if (mapped > _highestOut)
        {
            _highestOut = mapped;
            _lastTimestamp = source.Timestamp + segment.Offsets.Timestamp;
            _lastPictureId = (ushort)(source.Picture.PictureId + segment.Offsets.PictureId);
            _lastTl0 = (byte)(source.Picture.Tl0PictureIndex + segment.Offsets.Tl0PictureIndex);
            _lastFrame = (ushort)(source.Frame + segment.Offsets.Frame);
            _lastTicks = nowTicks;
        }

        sequence = (ushort)mapped;
        return true;
    }

    /// <summary>Finds the source packet that was sent as <paramref name="sequence"/>. False when the number is too old or was not sent.</summary>
    /// <param name="sequence">The sequence number in the stream.</param>
    /// <param name="layer">The layer of the packet.</param>
    /// <param name="sourceSequence">The 64-bit sequence number of the packet in its layer.</param>
    /// <param name="offsets">The offsets with which the packet was sent.</param>
    public readonly bool TryFindSource(ushort sequence, out byte layer, out long sourceSequence, out NumberOffsets offsets)
    {
        (layer, sourceSequence, offsets) = (0, 0, default);
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
                (layer, sourceSequence, offsets) = (segment.Layer, segment.FirstIn + (mapped - segment.FirstOut), segment.Offsets);
                return !segment.IsForgotten;
            }
        }

        return false;
    }

    /// <summary>Forgets which packets of a layer were sent, because the layer restarts its numbering.</summary>
    public void Forget(byte layer)
    {
        foreach (ref var segment in (Span<Segment>)_segments)
        {
            segment.IsForgotten |= segment.Layer == layer;
        }
    }

    private void Start(byte layer, in SourceNumbers first, ushort firstOut, uint timestampOffset)
    {
        var offsets = new NumberOffsets { Timestamp = timestampOffset };
        if (!_started)
        {
            _started = true;
            _highestOut = 0x10000L + firstOut - 1;
        }
        else
        {
            _current = (_current + 1) % MaxSegments;
            offsets = offsets with
            {
                PictureId = (ushort)(_lastPictureId + 1 - first.Picture.PictureId),
                Tl0PictureIndex = (byte)(_lastTl0 + 1 - first.Picture.Tl0PictureIndex),
                Frame = (ushort)(_lastFrame + 1 - first.Frame),
            };
        }

        _segments[_current] = new Segment { Layer = layer, FirstIn = first.Sequence, FirstOut = _highestOut + 1, Offsets = offsets };
    }

    private struct Segment
    {
        public byte Layer;
        public bool IsForgotten;
        public long FirstIn;
        public long FirstOut;
        public NumberOffsets Offsets;
    }

    [System.Runtime.CompilerServices.InlineArray(MaxSegments)]
    private struct Segments
    {
        private Segment _first;
    }
}
