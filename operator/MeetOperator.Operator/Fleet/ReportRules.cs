using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Validates media node reports. Placements, the end of meetings and the state of the node depend on them, so an invalid report is rejected as a whole, counts as a
/// missed poll and is never repaired. Pure.
/// </summary>
internal static class ReportRules
{
    private const int MaxRooms = 10_000;
    private const int MaxLoops = 1_024;
    private const int MaxPaths = 64;
    private const int MaxText = 256;
    private const int MaxAuthorities = 16;
    private const int MaxLinks = 16;
    private const int MaxRegions = 32;

    /// <summary>More participants than a node can ever have. Keeps sums over all rooms far from an overflow.</summary>
    private const int MaxCount = 1_000_000;

    /// <summary>More connections than a process can ever have counted. Keeps sums over all nodes far from an overflow.</summary>
    private const long MaxConnections = 1_000_000_000_000;

    /// <summary>
    /// Generations grow by one with each move, so valid ones stay far below this limit. No report and no status raises a meeting's generation above it.
    /// </summary>
    public const long MaxGeneration = 1_000_000_000_000;

    /// <summary>
    /// The highest room generation that a report may contain. It exceeds <see cref="MaxGeneration"/> by enough that a meeting at that limit can still move and its node's
    /// reports are still accepted. Exactly representable everywhere, including in JavaScript.
    /// </summary>
    private const long MaxReported = 2 * MaxGeneration;

    /// <summary>The reason why the report is rejected, with the name of the field; null when it is valid.</summary>
    /// <param name="report">The deserialized report.</param>
    /// <param name="term">The leadership term of the poll.</param>
    public static string? FindRejection(NodeReport report, long term) =>
        CheckNode(report, term) ?? CheckLoops(report.LoopReports) ?? CheckRooms(report.Rooms);

    private static string? CheckNode(NodeReport report, long term) => report switch
    {
        { InstanceId: var id } when !IsText(id) || id.Length == 0 => Reject("instanceId", $"must have 1 to {MaxText} characters"),
        { Version: var version } when !IsText(version) => Reject("version", $"must have at most {MaxText} characters"),
        { RelaysRevision: { } revision } when !IsText(revision) => Reject("relaysRevision", $"must have at most {MaxText} characters"),
        { State: var state } when !Enum.IsDefined(state) => Reject("state", $"{(int)state} is not a state"),
        { Participants: < 0 or > MaxCount } => RejectCount("participants", report.Participants),
        { UpTracks: < 0 } or { DownTracks: < 0 } => Reject("upTracks, downTracks", "must not be negative"),
        { EgressKbps: < 0 or > int.MaxValue } => Reject("egressKbps", $"{report.EgressKbps} is out of range"),
        { Connections: < 0 or > MaxConnections } or { FailedConnections: < 0 } => Reject("connections, failedConnections", $"must be 0 to {MaxConnections}"),
        _ when (report.FailedConnections ?? 0) > (report.Connections ?? 0) => Reject("failedConnections", "must not exceed connections"),
        { Stress: var stress } when !double.IsFinite(stress) || stress < 0 || stress > 100 => Reject("stress", "must be a number from 0 to 1"),
        { Credentials: { } held } when !IsText(held.Issuer) || held.Authorities is not { Count: <= MaxAuthorities } trusted || !trusted.All(IsText) =>
            Reject("credentials", $"must name an issuer and at most {MaxAuthorities} authorities"),
        { MediaAddresses: { Count: > MaxPaths } } or { MediaAddresses: null } => Reject("mediaAddresses", $"must be a list of at most {MaxPaths}"),
        _ when !report.MediaAddresses.All(IsText) => Reject("mediaAddresses", $"contains an entry that is null or longer than {MaxText} characters"),
        { Term: < 0 } => Reject("term", "must not be negative"),
        { Term: >= Leadership.HighestRaise } when report.Term > term => Reject("term", $"{report.Term} is above this operator's term {term} and out of range"),
        _ => null,
    };

    private static string? CheckLoops(IReadOnlyList<LoopReport?>? loops)
    {
        if (loops is null || loops.Count > MaxLoops)
        {
            return Reject("loopReports", $"must be a list of at most {MaxLoops}");
        }

        foreach (var loop in loops)
        {
            if (loop is null || loop.Port is < 0 or > ushort.MaxValue || loop.TickAgeMs < 0 || loop.ProbeAgeMs < 0 || loop.ConnectedSessions < 0 || loop.SilentSessions < 0
                || loop.PacketsIn < 0 || loop.PacketsLost < 0 || loop.Busy is < 0 or > 100 or double.NaN)
            {
                return Reject("loopReports", "contains an entry that is null or has a port, age, count or share out of range");
            }

            if (loop.Paths is not { Count: <= MaxPaths } paths || paths.Any(path => path is null || !IsText(path.Address) || path.ProbeAgeMs < 0))
            {
                return Reject("loopReports[].paths", $"must be a list of at most {MaxPaths} addresses with non-negative ages");
            }
        }

        return null;
    }

    private static string? CheckRooms(IReadOnlyList<RoomReport?>? rooms)
    {
        if (rooms is null || rooms.Count > MaxRooms)
        {
            return Reject("rooms", $"must be a list of at most {MaxRooms}");
        }

        var participants = 0L;
        var seen = new HashSet<string>(rooms.Count, StringComparer.Ordinal);
        foreach (var room in rooms)
        {
            if (room is null || !IsRoom(room.Room) || !seen.Add(room.Room))
            {
                return Reject("rooms", "contains an entry that is null, duplicated, or whose room is not a meeting ID (a UUID)");
            }

            if (room.Generation is < 0 or > MaxReported)
            {
                return Reject($"rooms[{room.Room}].generation", $"must be 0 to {MaxReported}");
            }

            if (room.Participants < 0 || room.Connected < 0 || room.Silent < 0 || room.UpTracks < 0 || room.DownTracks < 0 || room.PacketsIn < 0 || room.PacketsOut < 0
                || room.Connected > MaxCount || room.Silent > MaxCount || (participants += room.Participants) > MaxCount)
            {
                return Reject($"rooms[{room.Room}]", $"counts must not be negative, and the participants of all rooms must not exceed {MaxCount}");
            }

            if (room.Regions is not { Count: <= MaxRegions } regions || !regions.All(static entry => IsText(entry.Key) && entry.Value is >= 0 and <= MaxCount))
            {
                return Reject($"rooms[{room.Room}].regions", $"must be at most {MaxRegions} regions with 0 to {MaxCount} participants each");
            }

            if (room.Port is < 0 or > ushort.MaxValue)
            {
                return Reject($"rooms[{room.Room}].port", $"must be 0 to {ushort.MaxValue}");
            }

            if (room.Parts is not { Count: <= MaxLoops } parts || !parts.All(static part => part is { Port: > 0 and <= ushort.MaxValue, Participants: >= 0 and <= MaxCount, PacketsIn: >= 0, PacketsOut: >= 0 }))
            {
                return Reject($"rooms[{room.Room}].parts", $"must be a list of at most {MaxLoops} parts with a port and counts that are not negative");
            }

            if (room.Links is not { Count: <= MaxLinks } links || !links.All(IsLink))
            {
                return Reject($"rooms[{room.Room}].links", $"must be a list of at most {MaxLinks} links with a valid ID, a known state, and figures that are not negative");
            }
        }

        return null;
    }

    private static bool IsRoom(string? id) => id == RoomIds.SelfCall || (id is not null && Guid.TryParseExact(id, "D", out _));

    private static bool IsLink(LinkReport? link) => link is { TracksIn: >= 0, TracksOut: >= 0, KbpsIn: >= 0, KbpsOut: >= 0, Drops: >= 0, RttMs: null or >= 0, LossPct: null or >= 0 }
        && LinkSpecRules.IsLinkId(link.Link) && IsText(link.Peer) && Enum.IsDefined(link.State);

    private static bool IsText(string? text) => text is { Length: <= MaxText } && !text.Any(char.IsControl);

    private static string RejectCount(string field, long value) => Reject(field, $"is {value}, must be 0 to {MaxCount}");

    private static string Reject(string field, string what) => $"its report is invalid: {field} {what}";
}
