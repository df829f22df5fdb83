using MeetOperator.Contracts;

namespace MeetOperator.Placement;

/// <summary>What one meeting asks of the fleet; the tenant's limits are already worked in.</summary>
public sealed record MeetingDemand
{
    public required string MeetingId { get; init; }

    /// <summary>Namespace of the meeting, which its tenant owns.</summary>
    public required string Namespace { get; init; }

    /// <summary>Most people of the meeting.</summary>
    public int MaxParticipants { get; init; } = 100;

    /// <summary>People in the meeting now; they come along when it moves.</summary>
    public int Participants { get; init; }

    /// <summary>The only regions that may carry it.</summary>
    public RegionSet AllowedRegions { get; init; } = RegionSet.Any;

    /// <summary>Regions to try first, best first.</summary>
    public IReadOnlyList<string> PreferredRegions { get; init; } = [];

    /// <summary>True keeps a meeting that moves in the region of its current node.</summary>
    public bool PinRegion { get; init; }

    /// <summary>Pools that the meeting asks for; null means any that the tenant may use.</summary>
    public LabelSelector? PoolSelector { get; init; }

    /// <summary>Pools that the tenant may use; null means those of its own namespace.</summary>
    public LabelSelector? TenantPoolSelector { get; init; }
    public PlacementStrategy Strategy { get; init; } = PlacementStrategy.Packed;

    /// <summary>Where the meeting is now; null before the first placement.</summary>
    public CurrentPlacement? Current { get; init; }
}
