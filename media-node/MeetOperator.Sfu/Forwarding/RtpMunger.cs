using MeetOperator.Rtp.Packets;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// Keeps one subscriber's stream continuous when the source is paused, resumed or replaced: sequence numbers have no gaps, timestamps follow the clock, and the
/// numbers of pictures and frames increase. Packets that are left out on purpose leave no gap; packets that are lost do. Uses 64-bit sequence numbers, so that plain comparison gives their order.
/// </summary>
internal struct RtpMunger
{
    private const int MaxSegments = 8;

    /// <summary>
    /// The numbers that may be missing in the stream beyond those of as many packets. A receiver that loses the packets around larger gaps loses count of the rollovers of the sequence
    /// number, and cannot decrypt the stream any more (RFC 3711 §3.3.1).
    /// </summary>
    private const int MaxMissing = 4096;
    private Segments _segments;

    /// <summary>For each segment, which packets were left out; null until the first one is.</summary>
    private ulong[]? _dropped;

    /// <summary>For each segment, which packets were sent with a marker that they do not have; null until the first one is.</summary>
    private ulong[]? _marked;
    private int _current;
    private long _highestOut;
    private uint _lastTimestamp;
    private ushort _lastPictureId;
    private byte _lastTl0;
    private ushort _lastFrame;
    private long _lastTicks;
    private long _missing;
    private bool _started;

    /// <summary>The offsets of the current source, before pictures were left out.</summary>
    public readonly NumberOffsets Offsets => _segments[_current].Offsets;

    /// <summary>The highest sequence number that was sent.</summary>
    public readonly ushort LastSequence => (ushort)_highestOut;

    /// <summary>The timestamp of the packet with <see cref="LastSequence"/>.</summary>
    public readonly uint LastTimestamp => _lastTimestamp;

    /// <summary>Whether a packet was sent at or after a time.</summary>
    public readonly bool HasSentSince(long ticks) => _started && _lastTicks >= ticks;

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

    /// <summary>Whether a packet of the current layer would leave a gap that is too large. The stream must continue with <see cref="Resume"/> then.</summary>
    public readonly bool LeavesGap(in SourceNumbers source) => _started && source.Sequence - _segments[_current].HighestIn - 1 > MaxMissing - _missing;

    /// <summary>Maps a packet to the stream. False for a packet that was left out, or precedes the last start, because another layer or nothing was sent then.</summary>
    public bool TryMap(in SourceNumbers source, long nowTicks, out ushort sequence)
    {
        sequence = 0;
        CountMissing(source.Sequence);
        if (!_started || !_segments[_current].TryMap(source, BitsOf(_dropped, _current), BitsOf(_marked, _current), out var mapped))
        {
            return false;
        }

        if (mapped > _highestOut)
        {
            var offsets = OffsetsOf(source);
            _highestOut = mapped;
            _lastTimestamp = source.Timestamp + offsets.Timestamp;
            _lastPictureId = (ushort)(source.Picture.PictureId + offsets.PictureId);
            _lastTl0 = (byte)(source.Picture.Tl0PictureIndex + offsets.Tl0PictureIndex);
            _lastFrame = (ushort)(source.Frame + offsets.Frame);
            _lastTicks = nowTicks;
        }

        sequence = (ushort)mapped;
        return true;
    }

    /// <summary>
    /// Leaves out a packet. Returns true when a later packet was sent already, so that the receiver misses this one: it must get an empty packet with this number.
    /// </summary>
    public bool TryDrop(in SourceNumbers source, out ushort sequence)
    {
        sequence = 0;
        if (!_started)
        {
            return false;
        }

        CountMissing(source.Sequence);
        _dropped ??= new ulong[MaxSegments * PacketBits.Words];
        var isMissed = _segments[_current].TryDrop(source, BitsOf(_dropped, _current), BitsOf(_marked, _current), out var mapped);
        sequence = (ushort)mapped;
        return isMissed;
    }

    /// <summary>The offsets of a packet of the current source.</summary>
    public readonly NumberOffsets OffsetsOf(in SourceNumbers source) => _segments[_current].OffsetsOf(source.Picture);

    /// <summary>The offsets of a packet that was found in a segment.</summary>
    public readonly NumberOffsets OffsetsOf(in SourceNumbers source, int segment) => _segments[segment].OffsetsOf(source.Picture);

    /// <summary>Records that a packet of the current source is sent with a marker that it does not have.</summary>
    public void Mark(long sourceSequence)
    {
        _marked ??= new ulong[MaxSegments * PacketBits.Words];
        BitsOf(_marked, _current).Set(sourceSequence);
    }

    /// <summary>Whether a packet that was found in a segment was sent with a marker that it does not have.</summary>
    public readonly bool IsMarked(long sourceSequence, int segment) => BitsOf(_marked, segment)[sourceSequence];

    /// <summary>Finds the source packet that was sent as <paramref name="sequence"/>. False when the number is too old or was not sent.</summary>
    /// <param name="sequence">The sequence number in the stream.</param>
    /// <param name="layer">The layer of the packet.</param>
    /// <param name="sourceSequence">The 64-bit sequence number of the packet in its layer.</param>
    /// <param name="segment">The segment with the offsets of the packet.</param>
    public readonly bool TryFindSource(ushort sequence, out byte layer, out long sourceSequence, out int segment)
    {
        (layer, sourceSequence, segment) = (0, 0, 0);
        var mapped = _highestOut + SequenceNumber.Distance((ushort)_highestOut, sequence);
        if (!_started || mapped > _highestOut)
        {
            return false;
        }

        for (var age = 0; age < MaxSegments; age++)
        {
            segment = (_current + MaxSegments - age) % MaxSegments;
            ref readonly var candidate = ref _segments[segment];
            if (candidate.FirstOut == 0)
            {
                return false;
            }

            if (mapped >= candidate.FirstOut)
            {
                layer = candidate.Layer;
                return candidate.TryFind(mapped, BitsOf(_dropped, segment), out sourceSequence) && !candidate.IsForgotten;
            }
        }

        return false;
    }

    /// <summary>Whether a packet that was found in a segment was sent since the last start.</summary>
    public readonly bool IsCurrent(int segment) => segment == _current;

    /// <summary>Forgets which packets of a layer were sent, because the layer restarts its numbering.</summary>
    public void Forget(byte layer)
    {
        foreach (ref var segment in (Span<RtpSegment>)_segments)
        {
            segment.IsForgotten |= segment.Layer == layer;
        }
    }

    private void CountMissing(long sequence)
    {
        var gap = sequence - _segments[_current].HighestIn - 1;
        _missing = gap < 0 ? _missing : Math.Max(0, _missing + gap - 1);
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

        _segments[_current] = new RtpSegment(layer, first, _highestOut + 1, offsets);
        _dropped?.AsSpan(_current * PacketBits.Words, PacketBits.Words).Clear();
        _marked?.AsSpan(_current * PacketBits.Words, PacketBits.Words).Clear();
    }

    private static PacketBits BitsOf(ulong[]? words, int segment) => new(words is null ? [] : words.AsSpan(segment * PacketBits.Words, PacketBits.Words));

    [System.Runtime.CompilerServices.InlineArray(MaxSegments)]
    private struct Segments
    {
        private RtpSegment _first;
    }
}
