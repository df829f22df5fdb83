using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Selectors;

namespace MeetOperator.Placement.Inputs;

/// <summary>The requirements of one meeting, with the limits of its tenant already applied.</summary>
public sealed record MeetingDemand
{
    public required string MeetingId { get; init; }

    /// <summary>The meeting's namespace, which belongs to its tenant.</summary>
    public required string Namespace { get; init; }

    /// <summary>Maximum number of participants.</summary>
    public int MaxParticipants { get; init; } = 100;

    /// <summary>Current number of participants; they move with the meeting.</summary>
    public int Participants { get; init; }

    /// <summary>The number of participants in each region, without those whose region is not known.</summary>
    public IReadOnlyDictionary<string, int> Regions { get; init; } = new Dictionary<string, int>(0);

    /// <summary>When the meeting uses more than one node.</summary>
    public MeetingScale Scale { get; init; } = new();

    /// <summary>Whether another node is to be kept ready, which takes over when one of the meeting's nodes is lost.</summary>
    public bool NeedsStandby { get; init; }

    /// <summary>The only regions that the meeting may be placed in.</summary>
    public RegionSet AllowedRegions { get; init; } = RegionSet.Any;

    /// <summary>Regions to try first, most preferred first.</summary>
    public IReadOnlyList<string> PreferredRegions { get; init; } = [];

    /// <summary>When true, a meeting that moves stays in the region of its current node.</summary>
    public bool PinRegion { get; init; }

    /// <summary>Pools that the meeting selects; null selects every pool that the tenant may use.</summary>
    public LabelSelector? PoolSelector { get; init; }

    /// <summary>Pools that the tenant may use; null means the pools in its own namespace.</summary>
    public LabelSelector? TenantPoolSelector { get; init; }
    public PlacementStrategy Strategy { get; init; } = PlacementStrategy.Packed;

    /// <summary>A requested move that is not answered yet; null without one.</summary>
    public MoveDemand? MoveTo { get; init; }

    /// <summary>Why the meeting needs another media node beside its own, however many places are free; null when it does not.</summary>
    public string? ExtendCause { get; init; }

    /// <summary>The current placement; null before the first one.</summary>
    public CurrentPlacement? Current { get; init; }

    /// <summary>The region to prefer, after the preferred ones, for a meeting without a current placement; null without one.</summary>
    public string? NearRegion { get; init; }
}
