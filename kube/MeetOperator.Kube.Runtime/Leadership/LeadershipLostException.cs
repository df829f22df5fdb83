namespace MeetOperator.Kube.Runtime.Leadership;

/// <summary>A write was rejected because the process is no longer the leader.</summary>
public sealed class LeadershipLostException(int fence)
    : Exception($"Leadership in term {fence} is lost; another process may be the leader.");
