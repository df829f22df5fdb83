using MeetOperator.Kube.Runtime;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// What a media node's report must be like to be taken in. Its figures decide on placements, ends of meetings and the life of the node, so a wrong one is
/// refused as a whole and counts as a missed poll; it is never repaired. Pure.
/// </summary>
internal static class ReportRules
{
    private const int MaxRooms = 10_000;
    private const int MaxLoops = 1_024;
    private const int MaxPaths = 64;
    private const int MaxText = 256;
    private const int MaxAuthorities = 16;

    /// <summary>More people than a node can ever have; sums over all rooms stay far from an overflow.</summary>
    private const int MaxCount = 1_000_000;

    /// <summary>Generations grow by one with each move. Far beyond any; no report and no status raises a meeting's generation above it.</summary>
    public const long MaxGeneration = 1_000_000_000_000;

    /// <summary>
    /// The highest generation of a room in a report. So far above <see cref="MaxGeneration"/> that a meeting that was raised to it can still move and its node be
    /// taken in; an exact number everywhere (JavaScript included).
    /// </summary>
    private const long MaxReported = 2 * MaxGeneration;

    /// <summary>Why the report is refused, naming the field; null when it is taken in.</summary>
    /// <param name="report">As it was read.</param>
    /// <param name="term">The term that the poll was made under.</param>
    public static string? WhyRefused(NodeReport report, long term) =>
        Node(report, term) ?? Loops(report.LoopReports) ?? Rooms(report.Rooms);

    private static string? Node(NodeReport report, long term) => report switch
    {
        { InstanceId: var id } when !IsText(id) || id.Length == 0 => Wrong("instanceId", $"must have 1 to {MaxText} characters"),
        { Version: var version } when !IsText(version) => Wrong("version", $"must have at most {MaxText} characters"),
        { State: var state } when !Enum.IsDefined(state) => Wrong("state", $"{(int)state} is no state"),
        { Participants: < 0 or > MaxCount } => Count("participants", report.Participants),
        { UpTracks: < 0 } or { DownTracks: < 0 } => Wrong("upTracks, downTracks", "must not be negative"),
        { EgressKbps: < 0 or > int.MaxValue } => Wrong("egressKbps", $"{report.EgressKbps} is no figure of a second"),
        { Stress: var stress } when !double.IsFinite(stress) || stress < 0 || stress > 100 => Wrong("stress", "must be a number from 0 to 1"),
        { Credentials: { } held } when !IsText(held.Issuer) || held.Authorities is not { Count: <= MaxAuthorities } trusted || !trusted.All(IsText) =>
            Wrong("credentials", $"must name an issuer and at most {MaxAuthorities} authorities"),
        { Term: < 0 } => Wrong("term", "must not be negative"),
        { Term: >= Leadership.HighestRaise } when report.Term > term => Wrong("term", $"{report.Term} is above our {term} and can be that of no operator"),
        _ => null,
    };

    private static string? Loops(IReadOnlyList<LoopReport?>? loops)
    {
        if (loops is null || loops.Count > MaxLoops)
        {
            return Wrong("loopReports", $"must be a list of at most {MaxLoops}");
        }

        foreach (var loop in loops)
        {
            if (loop is null || loop.Port is < 0 or > ushort.MaxValue || loop.TickAgeMs < 0 || loop.ProbeAgeMs < 0 || loop.ConnectedSessions < 0 || loop.SilentSessions < 0)
            {
                return Wrong("loopReports", "has an entry that is null, or whose port, age or count is out of range");
            }

            if (loop.Paths is not { Count: <= MaxPaths } paths || paths.Any(path => path is null || !IsText(path.Address) || path.ProbeAgeMs < 0))
            {
                return Wrong("loopReports[].paths", $"must be a list of at most {MaxPaths} addresses with ages from 0");
            }
        }

        return null;
    }

    private static string? Rooms(IReadOnlyList<RoomReport?>? rooms)
    {
        if (rooms is null || rooms.Count > MaxRooms)
        {
            return Wrong("rooms", $"must be a list of at most {MaxRooms}");
        }

        var people = 0L;
        var seen = new HashSet<string>(rooms.Count, StringComparer.Ordinal);
        foreach (var room in rooms)
        {
            if (room is null || !IsRoom(room.Room) || !seen.Add(room.Room))
            {
                return Wrong("rooms", "has an entry that is null, whose room is no meeting id (a UUID), or that is there twice");
            }

            if (room.Generation is < 0 or > MaxReported)
            {
                return Wrong($"rooms[{room.Room}].generation", $"must be 0 to {MaxReported}");
            }

            if (room.Participants < 0 || room.Connected < 0 || room.Silent < 0 || room.UpTracks < 0 || room.DownTracks < 0 || room.PacketsIn < 0 || room.PacketsOut < 0
                || room.Connected > MaxCount || room.Silent > MaxCount || (people += room.Participants) > MaxCount)
            {
                return Wrong($"rooms[{room.Room}]", $"counts must not be negative, and all people together at most {MaxCount}");
            }
        }

        return null;
    }

    private static bool IsRoom(string? id) => id == RoomIds.SelfCall || (id is not null && Guid.TryParseExact(id, "D", out _));

    private static bool IsText(string? text) => text is { Length: <= MaxText } && !text.Any(char.IsControl);

    private static string Count(string field, long value) => Wrong(field, $"is {value}, must be 0 to {MaxCount}");

    private static string Wrong(string field, string what) => $"its report is refused: {field} {what}";
}
