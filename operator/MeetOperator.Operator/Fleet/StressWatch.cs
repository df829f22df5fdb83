using System.Globalization;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.NodeControl;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Follows the stress of one media node. It is smoothed, so that single reports have no effect, and a node counts as overloaded only after a while, until its stress is clearly lower.
/// Guarded by the fleet.
/// </summary>
internal sealed class StressWatch
{
    /// <summary>How long the stress must stay high.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(10);
    private const double SmoothingSeconds = 5;
    private const double LongestStepSeconds = 2;
    private Dictionary<int, double> _levels = [];
    private Dictionary<string, long> _packets = [];
    private NodeReport? _last;
    private TimeSpan _lastAt;
    private TimeSpan? _highSince;

    /// <summary>The stress according to the last report; 0 without one.</summary>
    public double Stress { get; private set; }

    /// <summary>The time since which no meeting was moved away: the last batch or, before the first, the first report. Another leader may have moved meetings before.</summary>
    public TimeSpan RestingSince { get; set; }

    /// <summary>What was last done about the overload; null when there is none.</summary>
    public NodeFailure? Finding { get; set; }

    public void Observe(NodeReport report, SfuPool? pool, TimeSpan now)
    {
        var before = _last is { } last && last.InstanceId == report.InstanceId ? last : null;
        if (before is null)
        {
            Reset();
            RestingSince = now;
        }

        var measured = NodeLoad.Measure(report, before, pool?.Spec.Capacity ?? new SfuCapacity());
        Stress = Math.Max(report.Stress, measured.Values.Max());
        var weight = before is null ? 1 : 1 - Math.Exp(-Math.Clamp((now - _lastAt).TotalSeconds, 0, LongestStepSeconds) / SmoothingSeconds);
        _levels = measured.ToDictionary(static part => part.Key, part => _levels.TryGetValue(part.Key, out var level) ? level + ((part.Value - level) * weight) : part.Value);
        (_last, _lastAt) = (report, now);
        var (limits, highest) = (StressLimits.Of(pool), _levels.Values.Max());
        if (highest < limits.Goal)
        {
            (_highSince, Finding) = (null, null);
        }
        else if (_highSince is null && highest >= limits.Threshold)
        {
            _highSince = now;
            _packets = report.Rooms.ToDictionary(static room => room.Room, static room => room.PacketsIn + room.PacketsOut, StringComparer.Ordinal);
        }
    }

    /// <summary>Whether the stress has been high for long enough, and still is.</summary>
    public bool IsOverloaded(SfuPool? pool, TimeSpan now) => now - _highSince >= Lasting && _levels.Values.Max() >= StressLimits.Of(pool).Threshold;

    public void Reset()
    {
        (_levels, _packets, _last, _highSince, Finding, Stress) = ([], [], null, null, null, 0);
    }

    /// <summary>The parts of the stress, with the shares of the rooms by the packets that they had since the stress became high.</summary>
    public IReadOnlyList<StressPart> FindParts() => [.. _levels.Select(part => new StressPart(part.Value, Share(part.Key, part.Value)))];

    /// <summary>What the node has too much of, with the present figure.</summary>
    public string Describe()
    {
        var (part, level) = _levels.MaxBy(static part => part.Value);
        var percent = Math.Round(level * 100).ToString(CultureInfo.InvariantCulture);
        return part switch
        {
            NodeLoad.Egress => $"it sends {percent} % of capacity.maxEgressMbps",
            NodeLoad.Losses => "it loses packets that arrive faster than it reads them",
            _ => $"its busiest media loop is at {percent} %",
        };
    }

    private Dictionary<string, double> Share(int part, double level)
    {
        RoomReport[] rooms = [.. _last!.Rooms.Where(room => part <= 0 || room.Port == part || room.Port == 0)];
        var weights = rooms.Select(room => Math.Max(0.0, (double)room.PacketsIn + room.PacketsOut - _packets.GetValueOrDefault(room.Room))).ToArray();
        weights = weights.Sum() > 0 ? weights : [.. rooms.Select(static room => (double)room.Participants)];
        var total = weights.Sum();
        return total <= 0 ? [] : rooms.Zip(weights).ToDictionary(static pair => pair.First.Room, pair => level * pair.Second / total, StringComparer.Ordinal);
    }
}
