using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.Reception;

/// <summary>
/// Detects gaps in a stream, schedules retransmission requests (RFC 4585 §6.2.1), and reports when only a key frame can recover
/// the stream. Allocates only at construction.
/// </summary>
public sealed class NackGenerator
{
    private readonly NackOptions options;
    private readonly Missing[] missing;
    private ExtendedSequenceNumber sequence;
    private bool started;
    private int count;

    public NackGenerator(NackOptions? options = null)
    {
        this.options = options ?? new NackOptions();
        missing = new Missing[this.options.MaximumMissing];
    }

    /// <summary>The number of missing packets that are still requested.</summary>
    public int MissingCount => count;

    /// <summary>Whether a packet could not be recovered. <see cref="OnKeyFrame"/> resets it.</summary>
    public bool NeedsKeyFrame { get; private set; }

    /// <summary>The earliest time at which <see cref="Collect"/> may return requests; <see cref="long.MaxValue"/> when nothing is missing.</summary>
    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    /// <summary>Time from the first request for the last packet until its arrival; 0 when it was not requested.</summary>
    public long LastRecoveryTicks { get; private set; }

    /// <summary>Records a packet of the stream, including retransmissions. Returns true when it filled a gap.</summary>
    public bool OnPacket(long nowTicks, ushort sequenceNumber)
    {
        var previous = sequence.Highest;
        var current = sequence.Unwrap(sequenceNumber);
        LastRecoveryTicks = 0;
        if (!started)
        {
            started = true;
            return false;
        }

        if (current <= previous)
        {
            return Remove(nowTicks, current);
        }

        var gap = current - previous - 1;
        if (gap > missing.Length - count)
        {
            count = 0;
            NextTimeoutTicks = long.MaxValue;
            NeedsKeyFrame = true;
            return false;
        }

        for (var lost = previous + 1; lost < current; lost++)
        {
            missing[count++] = new Missing { Sequence = lost, DetectedTicks = nowTicks, DueTicks = nowTicks + options.ReorderTicks };
        }

        if (gap > 0)
        {
            NextTimeoutTicks = Math.Min(NextTimeoutTicks, nowTicks + options.ReorderTicks);
        }

        return false;
    }

    /// <summary>Drops the requests for packets before a key frame, which the decoder no longer needs.</summary>
    public void OnKeyFrame(ushort sequenceNumber)
    {
        var start = sequence.Peek(sequenceNumber);
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (missing[i].Sequence >= start)
            {
                missing[kept++] = missing[i];
            }
        }

        count = kept;
        NeedsKeyFrame = false;
    }

    /// <summary>
    /// Writes the sequence numbers to request now in ascending order, records the requests, and returns their number. Gives up on
    /// packets that were requested too often or for too long. Pass a round trip of 0 when it is not known.
    /// </summary>
    public int Collect(long nowTicks, long roundTripTicks, Span<ushort> destination)
    {
        var roundTrip = roundTripTicks > 0 ? roundTripTicks : options.AssumedRoundTripTicks;
        var maximumAge = Math.Clamp(4 * roundTrip, options.MaximumAgeTicks, 2 * options.MaximumAgeTicks);
        var next = long.MaxValue;
        var written = 0;
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            ref var entry = ref missing[i];
            var due = nowTicks >= entry.DueTicks;
            if ((due && entry.Requests >= options.MaximumRequests) || nowTicks - entry.DetectedTicks >= maximumAge)
            {
                NeedsKeyFrame = true;
                continue;
            }

            if (due && written < destination.Length)
            {
                destination[written++] = (ushort)entry.Sequence;
                entry.FirstRequestTicks = entry.Requests == 0 ? nowTicks : entry.FirstRequestTicks;
                entry.DueTicks = nowTicks + Math.Max(roundTrip, options.MinimumIntervalTicks << (entry.Requests / 2));
                entry.Requests++;
            }

            next = Math.Min(next, entry.DueTicks);
            missing[kept++] = entry;
        }

        count = kept;
        NextTimeoutTicks = next;
        return written;
    }

    private bool Remove(long nowTicks, long wanted)
    {
        int low = 0, high = count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var found = missing[middle].Sequence;
            if (found == wanted)
            {
                LastRecoveryTicks = missing[middle].Requests > 0 ? nowTicks - missing[middle].FirstRequestTicks : 0;
                Array.Copy(missing, middle + 1, missing, middle, count - middle - 1);
                count--;
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
