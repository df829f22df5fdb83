using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Puts the reports of the parts of a room together. Pure.</summary>
internal static class RoomReports
{
    /// <summary>One report for each room, in the order of their first ones.</summary>
    public static IReadOnlyList<RoomReport> Merge(IEnumerable<RoomReport> parts)
    {
        var rooms = new Dictionary<string, RoomReport>(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            rooms[part.Room] = rooms.TryGetValue(part.Room, out var room) ? Add(room, part) : part;
        }

        return [.. rooms.Values.Select(Finish)];
    }

    /// <summary>The report of a room to which all parts are added. The hub, at whose port links end, comes first. The report of a room with one part does not name it.</summary>
    public static RoomReport Finish(RoomReport room) => room with { Parts = room.Parts.Count > 1 ? [.. room.Parts.OrderByDescending(part => part.Port == room.Port)] : [] };

    /// <summary>The report of a room of which a part is added.</summary>
    public static RoomReport Add(RoomReport room, RoomReport part) => room with
    {
        Generation = Math.Max(room.Generation, part.Generation),
        Participants = room.Participants + part.Participants,
        UpTracks = room.UpTracks + part.UpTracks,
        DownTracks = room.DownTracks + part.DownTracks,
        E2ee = room.E2ee || part.E2ee,
        Connectivity = room.Connectivity ?? part.Connectivity,
        Connected = room.Connected + part.Connected,
        Silent = room.Silent + part.Silent,
        Regions = Add(room.Regions, part.Regions),
        PacketsIn = room.PacketsIn + part.PacketsIn,
        PacketsOut = room.PacketsOut + part.PacketsOut,
        Parts = [.. room.Parts, .. part.Parts],
        Links = [.. room.Links, .. part.Links],
        ParticipantList = room.ParticipantList is null && part.ParticipantList is null ? null : [.. room.ParticipantList ?? [], .. part.ParticipantList ?? []],
    };

    private static Dictionary<string, int> Add(IReadOnlyDictionary<string, int> regions, IReadOnlyDictionary<string, int> part)
    {
        var sums = new Dictionary<string, int>(regions, StringComparer.Ordinal);
        foreach (var (region, count) in part)
        {
            if (sums.ContainsKey(region) || sums.Count < RoomCensus.MaxRegions)
            {
                sums[region] = sums.GetValueOrDefault(region) + count;
            }
        }

        return sums;
    }
}
