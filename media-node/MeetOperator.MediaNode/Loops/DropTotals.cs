using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.MediaNode.Loops;

/// <summary>Datagrams that ended sessions dropped, by reason.</summary>
internal sealed class DropTotals
{
    private static readonly DropReason[] Reasons = [.. Enum.GetValues<DropReason>().Where(r => r != DropReason.None)];
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    public void Add(DropCounters counters) => Add(_counts, counters);

    public Dictionary<string, long> Copy() => new(_counts, StringComparer.Ordinal);

    public static void Add(Dictionary<string, long> totals, DropCounters counters)
    {
        foreach (var reason in Reasons)
        {
            var name = reason.ToString();
            totals[name] = totals.GetValueOrDefault(name) + counters[reason];
        }
    }
}
