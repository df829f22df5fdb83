using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Detects media nodes that respond to polls but do not forward media, from the loops, sockets and rooms in their reports (docs/node-control.md, "Heartbeat").
/// Keeps state between reports; the time is an argument.
/// </summary>
internal sealed class ForwardingWatch
{
    /// <summary>The process does not forward. Its meetings move immediately and it is replaced.</summary>
    public const string NotForwarding = "NotForwarding";

    /// <summary>The process works but clients cannot reach it. Meetings move if another node can take them, and stay otherwise.</summary>
    public const string CutOff = "CutOff";

    /// <summary>One of several loops is stuck. All meetings move if another node can take them, those on the other loops over a link.</summary>
    public const string LoopStuck = "LoopStuck";

    /// <summary>Number of consecutive reports that must show the failure; two suffice for a thread that stands still. A single one may be a short load spike.</summary>
    private const int RequiredReports = 3;
    private const long StuckMs = 3000;

    /// <summary>A thread that stands still for longer than <see cref="StuckMs"/> did so for at least this long in the report before, too. Otherwise the whole process may have been suspended.</summary>
    private const long StuckBeforeMs = 2000;

    /// <summary>In one standstill, its age grows by the time between two reports, up to this difference.</summary>
    private const long JitterMs = 700;
    private const long PathLostMs = 5000;

    /// <summary>Participants of at least two rooms must become silent together. In one room, all of them may share a failed network.</summary>
    private const int MinSilent = 4;
    private const long MinPackets = 50;
    private static readonly TimeSpan StallThreshold = TimeSpan.FromSeconds(5);

    /// <summary>How long a failure stays reported after it was last observed. Once the participants have left, nothing shows it any more.</summary>
    private static readonly TimeSpan FindingLifetime = TimeSpan.FromSeconds(60);
    private readonly Dictionary<string, (long In, long Out, long StuckIn, TimeSpan? Since)> _rooms = new(StringComparer.Ordinal);
    private readonly Dictionary<int, long> _standstills = [];
    private string? _instance;
    private TimeSpan _reportedAt;
    private TimeSpan? _lastOut;
    private int _stuck;
    private int _lost;
    private int _silent;
    private NodeFailure? _found;
    private TimeSpan _until;

    /// <summary>Evaluates a report. Returns null while the node forwards media.</summary>
    /// <param name="report">The node's report.</param>
    /// <param name="now">Reading of a monotonic clock.</param>
    public NodeFailure? Evaluate(NodeReport report, TimeSpan now)
    {
        if (report.InstanceId != _instance)
        {
            Reset();
            _instance = report.InstanceId;
        }

        if ((CheckLoops(report, now) ?? CheckRooms(report, now) ?? CheckPaths(report) ?? CheckSilence(report)) is { } found)
        {
            (_found, _until) = (found, now + FindingLifetime);
        }

        return now < _until ? _found : null;
    }

    public void Reset()
    {
        _rooms.Clear();
        _standstills.Clear();
        (_instance, _lastOut, _stuck, _lost, _silent, _found, _until) = (null, null, 0, 0, 0, null, default);
    }

    /// <summary>Whether meetings leave the node as soon as another node can take them, and stay until then.</summary>
    public static bool RequiresEviction(string? reason) => reason is CutOff or LoopStuck;

    /// <summary>Whether the loop has stopped working for its sessions.</summary>
    public static bool IsStuck(LoopReport loop) => loop.TickAgeMs > StuckMs || loop.ProbeAgeMs > StuckMs;

    private NodeFailure? CheckLoops(NodeReport report, TimeSpan now)
    {
        var stuck = report.LoopReports.Where(IsStuck).ToArray();
        _stuck = stuck.Length == 0 ? 0 : _stuck + 1;
        var found = _stuck >= RequiredReports ? stuck : [.. stuck.Where(loop => StandsStill(loop, now - _reportedAt))];
        _reportedAt = now;
        _standstills.Clear();
        foreach (var loop in report.LoopReports)
        {
            _standstills[loop.Port] = loop.TickAgeMs;
        }

        return found.Length == 0 ? null
            : new NodeFailure(found.Length == report.LoopReports.Count ? NotForwarding : LoopStuck, found[0].TickAgeMs > StuckMs
                ? $"the media loop of UDP port {found[0].Port} has been stuck for {found[0].TickAgeMs / 1000} s"
                : $"UDP port {found[0].Port} has not responded to the node's own probe for {found[0].ProbeAgeMs / 1000} s");
    }

    /// <summary>Whether the loop has stood still without a break since before the last report.</summary>
    private bool StandsStill(LoopReport loop, TimeSpan sinceReport) =>
        loop.TickAgeMs > StuckMs && _standstills.TryGetValue(loop.Port, out var before) && before > StuckBeforeMs
        && Math.Abs(loop.TickAgeMs - before - sinceReport.TotalMilliseconds) <= JitterMs;

    private NodeFailure? CheckRooms(NodeReport report, TimeSpan now)
    {
        NodeFailure? found = null;
        var present = new HashSet<string>(report.Rooms.Count, StringComparer.Ordinal);
        foreach (var room in report.Rooms)
        {
            present.Add(room.Room);
            var known = _rooms.TryGetValue(room.Room, out var mark);
            _lastOut = known && room.PacketsOut > mark.Out ? now : _lastOut;
            if (!known || room.PacketsOut != mark.Out || room.PacketsIn < mark.In)
            {
                _rooms[room.Room] = (room.PacketsIn, room.PacketsOut, room.PacketsIn, null);
                continue;
            }

            // The stall starts at the report before the first packet that was not forwarded.
            var since = mark.Since ?? (room.PacketsIn > mark.In ? now : null);
            var stuckIn = mark.Since is null ? mark.In : mark.StuckIn;
            _rooms[room.Room] = (room.PacketsIn, room.PacketsOut, stuckIn, since);
            if (since is { } began && now - began >= StallThreshold && room.PacketsIn - stuckIn >= MinPackets)
            {
                found = new NodeFailure(NotForwarding, $"room {room.Room} received {room.PacketsIn - stuckIn} packets to forward but sent none for {(now - began).TotalSeconds:0} s");
            }
        }

        foreach (var ended in _rooms.Keys.Where(room => !present.Contains(room)).ToArray())
        {
            _rooms.Remove(ended);
        }

        // A publisher without key frames can silence its own room; that is no failure of a node that forwards in other rooms.
        return _lastOut is { } last && now - last < StallThreshold ? null : found;
    }

    private NodeFailure? CheckPaths(NodeReport report)
    {
        // A path that never worked is no evidence: not every network routes a Pod to its own external address.
        var ages = report.LoopReports.SelectMany(loop => loop.Paths).Where(path => path.ProbeAgeMs is not null).ToArray();
        _lost = ages.Length > 0 && ages.All(path => path.ProbeAgeMs > PathLostMs) ? _lost + 1 : 0;
        return _lost < RequiredReports ? null
            : new NodeFailure(CutOff, $"{string.Join(", ", ages.Select(path => path.Address).Distinct())} no longer leads to the node: check the port mappings and firewalls of its cluster node");
    }

    private NodeFailure? CheckSilence(NodeReport report)
    {
        var (connected, silent) = (report.Rooms.Sum(room => room.Connected), report.Rooms.Sum(room => room.Silent));
        var rooms = report.Rooms.Count(room => room.Silent > 0);
        _silent = connected >= MinSilent && silent == connected && rooms > 1 ? _silent + 1 : 0;
        return _silent < RequiredReports ? null : new NodeFailure(CutOff, $"all {silent} participants of {rooms} rooms became silent at the same time: check the network of the cluster node");
    }
}
