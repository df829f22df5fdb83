namespace MeetOperator.Operator.Exposure;

/// <summary>What is known about the targets of one pool.</summary>
/// <param name="Place">From where it was measured; null while nothing has been.</param>
/// <param name="Records">The targets and their exchanges.</param>
/// <param name="IsPublicReachable">Whether an external address of another cluster node than the operator's answers, so that the network leads from inside to the external addresses of cluster nodes.</param>
internal sealed record ExposureSnapshot(ExposurePlace? Place, IReadOnlyList<(ExposureTarget Target, ExposureRecord Record)> Records, bool IsPublicReachable);
