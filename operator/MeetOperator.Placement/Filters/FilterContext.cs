namespace MeetOperator.Placement.Filters;

/// <summary>What filters and scorers look at besides the node.</summary>
public readonly record struct FilterContext(MeetingDemand Demand, PlacementOptions Options, DateTimeOffset Now);
