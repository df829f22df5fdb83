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

    /// <summary>How long the stress must stay below the threshold until the node no longer counts as overloaded, unless it is clearly lower.</summary>
    private static readonly TimeSpan Easing = TimeSpan.FromSeconds(60);
    private const double SmoothingSeconds = 5;
    private const double LongestStepSeconds = 2;

    /// <summary>In place of a port: all loops.</summary>
    private const int WholeNode = 0;
    private Dictionary<int, double> _levels = [];

    /// <summary>The packets of each room, in all (<see cref="WholeNode"/>) and on each loop, when the stress became high.</summary>
    private Dictionary<(string Room, int Port), double> _packets = [];
    private NodeReport? _last;
    private TimeSpan _lastAt;
    private TimeSpan? _highFor;
    private TimeSpan _lowFor;

    /// <summary>The stress according to the last report; 0 without one.</summary>
    public double Stress { get; private set; }

    /// <summary>Whether the stress stayed high for long enough, and has not been clearly lower since, nor lower for a minute.</summary>
    public bool IsOverloaded { get; private set; }

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
        var step = before is null ? 0 : Math.Clamp((now - _lastAt).TotalSeconds, 0, LongestStepSeconds); // What happened in a longer time without reports is unknown.
        var weight = before is null ? 1 : 1 - Math.Exp(-step / SmoothingSeconds);
        _levels = measured.ToDictionary(static part => part.Key, part => _levels.TryGetValue(part.Key, out var level) ? level + ((part.Value - level) * weight) : part.Value);
        (_last, _lastAt) = (report, now);
        Follow(StressLimits.Of(pool), TimeSpan.FromSeconds(step));
    }

    /// <summary>Whether the stress is high now, so that meetings may leave.</summary>
    public bool IsHigh(SfuPool? pool) => _levels.Count > 0 && _levels.Values.Max() >= StressLimits.Of(pool).Threshold;

    public void Reset()
    {
        (_levels, _packets, _last, _highFor, _lowFor, IsOverloaded, Finding, Stress) = ([], [], null, null, TimeSpan.Zero, false, null, 0);
    }

    private void Follow(StressLimits limits, TimeSpan step)
    {
        var highest = _levels.Values.Max();
        if (highest >= limits.Threshold)
        {
            if (_highFor is null && !IsOverloaded)
            {
                _packets = _last!.Rooms.SelectMany(FindPackets).ToDictionary();
            }

            (_highFor, _lowFor) = (_highFor is { } high ? high + step : TimeSpan.Zero, TimeSpan.Zero);
            IsOverloaded |= _highFor >= Lasting;
            return;
        }

        (_highFor, _lowFor) = (null, _lowFor + step);
        if (highest < limits.Goal || _lowFor >= Easing)
        {
            (IsOverloaded, Finding) = (false, null);
        }
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
        (string Room, int Participants, double Packets)[] rooms = [.. _last!.Rooms.SelectMany(room => FindOn(part, room))];
        var weights = rooms.Select(static room => room.Packets).ToArray();
        weights = weights.Sum() > 0 ? weights : [.. rooms.Select(static room => (double)room.Participants)];
        var total = weights.Sum();
        return total <= 0 ? [] : rooms.Zip(weights).ToDictionary(static pair => pair.First.Room, pair => level * pair.Second / total, StringComparer.Ordinal);
    }

    /// <summary>What a room has of a part of the stress, if anything: that of a loop concerns the rooms on it, all others concern all rooms.</summary>
    private IEnumerable<(string Room, int Participants, double Packets)> FindOn(int part, RoomReport room)
    {
        if (part > 0 && room.Parts.Count > 0)
        {
            RoomPartReport[] own = [.. room.Parts.Where(own => own.Port == part)];
            return own is [] ? [] : [(room.Room, own.Sum(static own => own.Participants), PacketsSince((room.Room, part), own.Sum(static own => (double)own.PacketsIn + own.PacketsOut)))];
        }

        return part <= 0 || room.Port == part || room.Port == 0 ? [(room.Room, room.Participants, PacketsSince((room.Room, WholeNode), (double)room.PacketsIn + room.PacketsOut))] : [];
    }

    private double PacketsSince((string Room, int Port) key, double packets) => Math.Max(0, packets - _packets.GetValueOrDefault(key));

    private static IEnumerable<KeyValuePair<(string Room, int Port), double>> FindPackets(RoomReport room)
    {
        var all = (double)room.PacketsIn + room.PacketsOut;
        yield return KeyValuePair.Create((room.Room, WholeNode), all);
        if (room.Parts.Count == 0 && room.Port > 0)
        {
            yield return KeyValuePair.Create((room.Room, room.Port), all); // it may have several parts later
        }

        foreach (var loop in room.Parts.GroupBy(static part => part.Port))
        {
            yield return KeyValuePair.Create((room.Room, loop.Key), loop.Sum(static part => (double)part.PacketsIn + part.PacketsOut));
        }
    }
}
