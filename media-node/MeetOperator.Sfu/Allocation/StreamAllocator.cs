namespace MeetOperator.Sfu.Allocation;

/// <summary>Divides the bandwidth of one receiver between its video streams. Pure.</summary>
/// <remarks>
/// First every stream gets its lowest step, the most important stream first; a stream that does not fit is paused. What is left improves streams: screens first, then pinned
/// tiles, then the speaker, each as far as it can use, and then all others step by step. Less important streams get what a more important one cannot use.
/// </remarks>
internal static class StreamAllocator
{
    /// <summary>The result for a stream that gets no bandwidth.</summary>
    public const int Paused = -1;

    /// <summary>The part of the bandwidth that may be in use after a stream was improved or resumed. Without the reserve, streams would change with every small change of the estimate.</summary>
    private const double UsableForMore = 0.87;

    /// <summary>The bandwidth with which streams of this rate are all sent.</summary>
    public static long RequiredFor(long bitsPerSecond) => (long)Math.Ceiling(bitsPerSecond / UsableForMore);

    /// <summary>Writes the step of each stream to <paramref name="result"/>. The sum of their rates is at most <paramref name="bitsPerSecond"/>.</summary>
    /// <param name="bitsPerSecond">Bandwidth for video.</param>
    /// <param name="streams">The streams that the receiver shows.</param>
    /// <param name="rates">The rates of the steps of all streams in bits per second, ascending for each stream.</param>
    /// <param name="result">One entry for each stream: the step, or <see cref="Paused"/>.</param>
    public static void Allocate(long bitsPerSecond, ReadOnlySpan<StreamDemand> streams, ReadOnlySpan<long> rates, Span<int> result)
    {
        Span<int> order = streams.Length <= 128 ? stackalloc int[streams.Length] : new int[streams.Length];
        Sort(streams, order);
        var pool = new Pool(bitsPerSecond, (long)(bitsPerSecond * UsableForMore));
        foreach (var index in order)
        {
            result[index] = pool.TryTake(rates[streams[index].FirstRate], isMore: streams[index].Current == Paused) ? 0 : Paused;
        }

        var others = 0;
        while (others < order.Length && streams[order[others]].Rank < StreamRank.Other)
        {
            while (TryImprove(ref pool, streams[order[others]], rates, ref result[order[others]]))
            {
            }

            others++;
        }

        var improved = true;
        while (improved)
        {
            improved = false;
            foreach (var index in order[others..])
            {
                improved |= TryImprove(ref pool, streams[index], rates, ref result[index]);
            }
        }
    }

    /// <summary>The rate of all streams after the smallest possible improvement of <paramref name="result"/>; 0 if there is none.</summary>
    public static long NextRateOf(ReadOnlySpan<StreamDemand> streams, ReadOnlySpan<long> rates, ReadOnlySpan<int> result)
    {
        var (total, least) = (0L, long.MaxValue);
        for (var i = 0; i < streams.Length; i++)
        {
            var (stream, step) = (streams[i], result[i]);
            var used = step == Paused ? 0 : rates[stream.FirstRate + step];
            total += used;
            if (step < Math.Min(stream.Wanted, stream.Steps - 1))
            {
                least = Math.Min(least, rates[stream.FirstRate + step + 1] - used);
            }
        }

        return least == long.MaxValue ? 0 : total + least;
    }

    private static bool TryImprove(ref Pool pool, in StreamDemand stream, ReadOnlySpan<long> rates, ref int step)
    {
        if (step == Paused || step >= Math.Min(stream.Wanted, stream.Steps - 1))
        {
            return false;
        }

        var more = rates[stream.FirstRate + step + 1] - rates[stream.FirstRate + step];
        if (!pool.TryTake(more, isMore: step >= stream.Current))
        {
            return false;
        }

        step++;
        return true;
    }

    /// <summary>Sorts by rank, then by area, then by the order of the input. An insertion sort, because the lists are short and seldom change.</summary>
    private static void Sort(ReadOnlySpan<StreamDemand> streams, Span<int> order)
    {
        for (var i = 0; i < order.Length; i++)
        {
            var j = i;
            for (; j > 0 && Precedes(streams[i], streams[order[j - 1]]); j--)
            {
                order[j] = order[j - 1];
            }

            order[j] = i;
        }
    }

    private static bool Precedes(in StreamDemand left, in StreamDemand right) =>
        left.Rank != right.Rank ? left.Rank < right.Rank : left.Area > right.Area;

    private struct Pool(long all, long usableForMore)
    {
        private long _used;

        public bool TryTake(long bitsPerSecond, bool isMore)
        {
            if (_used + bitsPerSecond > (isMore ? usableForMore : all))
            {
                return false;
            }

            _used += bitsPerSecond;
            return true;
        }
    }
}
