using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Finds media nodes that answer and do not do their work, from what they report of their loops, sockets and rooms (docs/node-control.md, "Heartbeat").
/// Pure but for what it remembers of earlier reports; time is an argument.
/// </summary>
internal sealed class ForwardingWatch
{
    /// <summary>The process does not forward: it is left at once and replaced.</summary>
    public const string NotForwarding = "NotForwarding";

    /// <summary>The process works and people do not reach it: meetings leave where they can, and stay where they cannot.</summary>
    public const string CutOff = "CutOff";

    /// <summary>One of several loops does nothing and the others work: meetings leave where they can, since none says which loop carries it.</summary>
    public const string LoopStuck = "LoopStuck";

    /// <summary>Reports in a row that must say so: one alone may be a moment of a busy machine.</summary>
    private const int InARow = 3;
    private const long StuckMs = 3000;
    private const long PathLostMs = 5000;

    /// <summary>People of at least two rooms must have fallen silent together; two colleagues may well lose their network at the same time.</summary>
    private const int FewestSilent = 4;
    private const long FewestPackets = 50;
    private static readonly TimeSpan NothingOutFor = TimeSpan.FromSeconds(5);

    /// <summary>How long a finding stands after it was last seen: without people there is nothing left to see it by.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(60);
    private readonly Dictionary<string, (long In, long Out, long StuckIn, TimeSpan? Since)> _rooms = new(StringComparer.Ordinal);
    private string? _instance;
    private TimeSpan? _lastOut;
    private int _stuck;
    private int _lost;
    private int _silent;
    private NodeProblem? _found;
    private TimeSpan _until;

    /// <summary>Takes in a report; null while the node does its work.</summary>
    /// <param name="report">What the node says.</param>
    /// <param name="now">The reading of a monotonic clock.</param>
    public NodeProblem? Judge(NodeReport report, TimeSpan now)
    {
        if (report.InstanceId != _instance)
        {
            Forget();
            _instance = report.InstanceId;
        }

        if ((Loops(report) ?? Rooms(report, now) ?? Paths(report) ?? Silence(report)) is { } found)
        {
            (_found, _until) = (found, now + Hold);
        }

        return now < _until ? _found : null;
    }

    public void Forget()
    {
        _rooms.Clear();
        (_instance, _lastOut, _stuck, _lost, _silent, _found, _until) = (null, null, 0, 0, 0, null, default);
    }

    /// <summary>Meetings leave the node as soon as another can take them, and stay until then.</summary>
    public static bool IsToBeLeft(string? reason) => reason is CutOff or LoopStuck;

    /// <summary>The loop does nothing for the people on it.</summary>
    public static bool IsStuck(LoopReport loop) => loop.TickAgeMs > StuckMs || loop.ProbeAgeMs > StuckMs;

    private NodeProblem? Loops(NodeReport report)
    {
        var stuck = report.LoopReports.Where(IsStuck).ToArray();
        _stuck = stuck.Length == 0 ? 0 : _stuck + 1;
        return _stuck < InARow ? null
            : new NodeProblem(stuck.Length == report.LoopReports.Count ? NotForwarding : LoopStuck, stuck[0].TickAgeMs > StuckMs
                ? $"the media loop of UDP port {stuck[0].Port} has not moved for {stuck[0].TickAgeMs / 1000} s"
                : $"UDP port {stuck[0].Port} has not answered the node's own probe for {stuck[0].ProbeAgeMs / 1000} s");
    }

    private NodeProblem? Rooms(NodeReport report, TimeSpan now)
    {
        NodeProblem? found = null;
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

            // It counts from the report before the first packet that did not go out.
            var since = mark.Since ?? (room.PacketsIn > mark.In ? now : null);
            var stuckIn = mark.Since is null ? mark.In : mark.StuckIn;
            _rooms[room.Room] = (room.PacketsIn, room.PacketsOut, stuckIn, since);
            if (since is { } began && now - began >= NothingOutFor && room.PacketsIn - stuckIn >= FewestPackets)
            {
                found = new NodeProblem(NotForwarding, $"room {room.Room} got {room.PacketsIn - stuckIn} packets to forward and none was sent for {(now - began).TotalSeconds:0} s");
            }
        }

        foreach (var gone in _rooms.Keys.Where(room => !present.Contains(room)).ToArray())
        {
            _rooms.Remove(gone);
        }

        // A publisher without key frames silences a room of its own; a node that forwards for others is not left for it.
        return _lastOut is { } last && now - last < NothingOutFor ? null : found;
    }

    private NodeProblem? Paths(NodeReport report)
    {
        // A path that never worked says nothing: not every network leads a Pod to its own outside address.
        var ages = report.LoopReports.SelectMany(loop => loop.Paths).Where(path => path.ProbeAgeMs is not null).ToArray();
        _lost = ages.Length > 0 && ages.All(path => path.ProbeAgeMs > PathLostMs) ? _lost + 1 : 0;
        return _lost < InARow ? null
            : new NodeProblem(CutOff, $"{string.Join(", ", ages.Select(path => path.Address).Distinct())} led to the node and does so no more: look at port mappings and firewalls of its cluster node");
    }

    private NodeProblem? Silence(NodeReport report)
    {
        var (connected, silent) = (report.Rooms.Sum(room => room.Connected), report.Rooms.Sum(room => room.Silent));
        var rooms = report.Rooms.Count(room => room.Silent > 0);
        _silent = connected >= FewestSilent && silent == connected && rooms > 1 ? _silent + 1 : 0;
        return _silent < InARow ? null : new NodeProblem(CutOff, $"all {silent} people of {rooms} rooms fell silent together: look at the network of the node's cluster node");
    }
}
