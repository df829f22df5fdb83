using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.Reception;

/// <summary>
/// Detects gaps in a stream, schedules retransmission requests (RFC 4585 §6.2.1), and reports when only a key frame can recover
/// the stream. Allocates only at construction.
/// </summary>
public sealed class NackGenerator
{
    private readonly NackOptions _options;
    private readonly Missing[] _missing;
    private ExtendedSequenceNumber _sequence;
    private bool _started;
    private int _count;

    public NackGenerator(NackOptions? options = null)
    {
        _options = options ?? new NackOptions();
        _missing = new Missing[_options.MaximumMissing];
    }

    /// <summary>Whether a packet could not be recovered. <see cref="OnKeyFrame"/> resets it.</summary>
    public bool NeedsKeyFrame { get; private set; }

    /// <summary>The earliest time at which <see cref="Collect"/> may return requests; <see cref="long.MaxValue"/> when nothing is missing.</summary>
    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    /// <summary>Time from the first request for the last packet until its arrival; 0 when it was not requested.</summary>
    public long LastRecoveryTicks { get; private set; }

    /// <summary>
    /// Records a packet of the stream, including retransmissions. Returns true when it is new: it fills a gap, or is newer than all before. The latter can be a
    /// retransmission too, because senders probe the line with their newest packets.
    /// </summary>
    public bool OnPacket(long nowTicks, ushort sequenceNumber)
    {
        var previous = _sequence.Highest;
        var current = _sequence.Unwrap(sequenceNumber);
        LastRecoveryTicks = 0;
        if (!_started)
        {
            _started = true;
            return true;
        }

        if (current <= previous)
        {
            return Remove(nowTicks, current);
        }

        var gap = current - previous - 1;
        if (gap > _missing.Length - _count)
        {
            _count = 0;
            NextTimeoutTicks = long.MaxValue;
            NeedsKeyFrame = true;
            return true;
        }

        for (var lost = previous + 1; lost < current; lost++)
        {
            _missing[_count++] = new Missing { Sequence = lost, DetectedTicks = nowTicks, DueTicks = nowTicks + _options.ReorderTicks };
        }

        if (gap > 0)
        {
            NextTimeoutTicks = Math.Min(NextTimeoutTicks, nowTicks + _options.ReorderTicks);
        }

        return true;
    }

    /// <summary>Drops the requests for packets before a key frame, which the decoder no longer needs.</summary>
    public void OnKeyFrame(ushort sequenceNumber)
    {
        var start = _sequence.Peek(sequenceNumber);
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_missing[i].Sequence >= start)
            {
                _missing[kept++] = _missing[i];
            }
        }

        _count = kept;
        NeedsKeyFrame = false;
    }

    /// <summary>
    /// Writes the sequence numbers to request now in ascending order, records the requests, and returns their number. Gives up on
    /// packets that are missing for too long; requests for a packet become rarer, so age bounds their number too. Pass a round trip of 0 when it is not known.
    /// </summary>
    public int Collect(long nowTicks, long roundTripTicks, Span<ushort> destination)
    {
        var roundTrip = roundTripTicks > 0 ? roundTripTicks : _options.AssumedRoundTripTicks;
        var maximumAge = Math.Clamp(4 * roundTrip, _options.MaximumAgeTicks, 2 * _options.MaximumAgeTicks);
        var next = long.MaxValue;
        var written = 0;
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            ref var entry = ref _missing[i];
            if (nowTicks - entry.DetectedTicks >= maximumAge)
            {
                NeedsKeyFrame = true;
                continue;
            }

            if (nowTicks >= entry.DueTicks && written < destination.Length)
            {
                destination[written++] = (ushort)entry.Sequence;
                entry.FirstRequestTicks = entry.Requests == 0 ? nowTicks : entry.FirstRequestTicks;
                entry.DueTicks = nowTicks + Math.Max(roundTrip, _options.MinimumIntervalTicks << (entry.Requests / 2));
                entry.Requests++;
            }

            next = Math.Min(next, Math.Min(entry.DueTicks, entry.DetectedTicks + maximumAge));
            _missing[kept++] = entry;
        }

        _count = kept;
        NextTimeoutTicks = next;
        return written;
    }

    private bool Remove(long nowTicks, long wanted)
    {
        int low = 0, high = _count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var found = _missing[middle].Sequence;
            if (found == wanted)
            {
                LastRecoveryTicks = _missing[middle].Requests > 0 ? nowTicks - _missing[middle].FirstRequestTicks : 0;
                Array.Copy(_missing, middle + 1, _missing, middle, _count - middle - 1);
                _count--;
                return true;
            }

            if (found < wanted)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return false;
    }

    private struct Missing
    {
        internal long Sequence;
        internal long DetectedTicks;
        internal long DueTicks;
        internal long FirstRequestTicks;
        internal int Requests;
    }
}
