namespace MeetOperator.Contracts.SfuNodes;

/// <summary>The state of a media node.</summary>
public enum SfuNodeState
{
    Starting,
    Ready,
    Allocated,
    Draining,
    Unhealthy,
}
