using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.MediaNode.Loops;

/// <summary>Dropped datagrams of several sessions, by reason.</summary>
internal sealed class DropTotals
{
    private static readonly DropReason[] Reasons = [.. Enum.GetValues<DropReason>().Where(r => r != DropReason.None)];
    private readonly long[] _counts = new long[Reasons.Length];

    public void Add(DropCounters counters)
    {
        for (var i = 0; i < Reasons.Length; i++)
        {
            _counts[i] += counters[Reasons[i]];
        }
    }

    public DropTotals Copy()
    {
        var copy = new DropTotals();
        _counts.CopyTo(copy._counts, 0);
        return copy;
    }

    public Dictionary<string, long> ByName() => Enumerable.Range(0, Reasons.Length).ToDictionary(i => Reasons[i].ToString(), i => _counts[i], StringComparer.Ordinal);
}
