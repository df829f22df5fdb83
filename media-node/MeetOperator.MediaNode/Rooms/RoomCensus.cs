using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The numbers of a room report. Used on the loop's thread.</summary>
/// <param name="nowTicks">The time of the report.</param>
/// <param name="withParticipants">Whether the report describes each participant.</param>
internal sealed class RoomCensus(long nowTicks, bool withParticipants)
{
    /// <summary>Regions that a report counts. Participants of further ones are counted without a region.</summary>
    internal const int MaxRegions = 32;

    private readonly List<ParticipantReport> _reports = [];
    private readonly Dictionary<string, int> _regions = new(StringComparer.Ordinal);

    public long NowTicks => nowTicks;

    public int Participants { get; private set; }

    public int UpTracks { get; private set; }

    public int DownTracks { get; private set; }

    /// <summary>Participants with a connected transport.</summary>
    public int Connected { get; private set; }

    /// <summary>Connected participants that have sent nothing recently.</summary>
    public int Silent { get; private set; }

    /// <summary>The report of each participant; null when the report does not describe them.</summary>
    public IReadOnlyList<ParticipantReport>? Reports => withParticipants ? _reports : null;

    /// <summary>The number of participants of each region, without those that have none.</summary>
    public IReadOnlyDictionary<string, int> Regions => _regions;

    public void Add(NodeParticipant participant)
    {
        Participants++;
        Count(participant.Region);
        UpTracks += participant.PublishedTracks.Count;
        DownTracks += participant.Sessions.All.Sum(s => s.DownTracks);
        Connected += participant.HasConnectedTransport ? 1 : 0;
        Silent += participant.Sessions.IsSilent(nowTicks) ? 1 : 0;
        if (withParticipants)
        {
            _reports.Add(participant.Report());
        }
    }

    private void Count(string? region)
    {
        if (region is not null && (_regions.ContainsKey(region) || _regions.Count < MaxRegions))
        {
            _regions[region] = _regions.GetValueOrDefault(region) + 1;
        }
    }
}
