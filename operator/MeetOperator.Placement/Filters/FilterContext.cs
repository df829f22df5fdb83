using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>The input of filters and scorers, besides the node itself.</summary>
internal readonly record struct FilterContext(MeetingDemand Demand, PlacementOptions Options, DateTimeOffset Now);
