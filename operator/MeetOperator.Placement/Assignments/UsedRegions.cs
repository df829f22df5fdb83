using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Placement.Assignments;

/// <summary>The regions where participants use a meeting, so that a further media node there needs no link to another region. Immutable.</summary>
internal sealed class UsedRegions
{
    public static readonly UsedRegions None = new([], null);
    private readonly string[] _regions;
    private readonly string? _replaced;

    private UsedRegions(string[] regions, string? replaced) => (_regions, _replaced) = (regions, replaced);

    /// <summary>The regions of the nodes that participants use or are about to use: not of a Standby, and not of those that are left or lost.</summary>
    /// <param name="nodes">The meeting's assignments.</param>
    /// <param name="last">The region that counts when none of them does; null when there is none.</param>
    public static UsedRegions Of(IEnumerable<NodeAssignment> nodes, string? last)
    {
        string[] used =
        [
            .. nodes.Where(static node => node is { Role: not AssignmentRole.Standby, State: not (NodeAssignmentState.Leaving or NodeAssignmentState.Lost) })
                .Select(static node => node.Region).OfType<string>().Distinct(StringComparer.Ordinal),
        ];
        return used is [] && last is null ? None : new(used is [] ? [last!] : used, null);
    }

    /// <summary>The same regions for the choice of a node in place of one in <paramref name="region"/>, where its participants are.</summary>
    public UsedRegions Replacing(string? region) => new(_regions, region);

    /// <summary>How good a node in this region is: 1 in the region of the node that it replaces, half in another region of the meeting, 0 elsewhere. Without a node to replace, 1 in all of the meeting's.</summary>
    public double Rank(string? region) =>
        region is null ? 0 : region == _replaced ? 1 : !_regions.Contains(region, StringComparer.Ordinal) ? 0 : _replaced is null ? 1 : 0.5;
}
