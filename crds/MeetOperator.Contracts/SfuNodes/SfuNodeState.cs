namespace MeetOperator.Contracts;

/// <summary>What a media node is doing.</summary>
public enum SfuNodeState
{
    Starting,
    Ready,
    Allocated,
    Draining,
    Unhealthy,
}
