using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>The input of filters and scorers, besides the node itself.</summary>
/// <param name="Demand">The meeting.</param>
/// <param name="Options">The constants.</param>
/// <param name="Now">The time of the decision.</param>
/// <param name="Regions">Where the meeting is; null when that does not count.</param>
internal readonly record struct FilterContext(MeetingDemand Demand, PlacementOptions Options, DateTimeOffset Now, UsedRegions? Regions = null);
