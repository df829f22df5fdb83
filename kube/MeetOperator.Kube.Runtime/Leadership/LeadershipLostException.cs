namespace MeetOperator.Kube.Runtime;

/// <summary>A write was stopped because its process does not lead any more.</summary>
public sealed class LeadershipLostException(int fence)
    : Exception($"Leadership of term {fence} is lost; another process may lead now.");
