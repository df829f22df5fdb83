namespace MeetOperator.Kube.Core;

public sealed class ContainerStatus : ExtensibleObject
{
    public string Name { get; set; } = string.Empty;
    public bool Ready { get; set; }
    public bool? Started { get; set; }
    public int RestartCount { get; set; }
    public string Image { get; set; } = string.Empty;
    public string ImageID { get; set; } = string.Empty;
    public string? ContainerID { get; set; }
    public ContainerState? State { get; set; }
    public ContainerState? LastState { get; set; }
}

/// <summary>The state of a container; exactly one member is set.</summary>
public sealed class ContainerState
{
    public ContainerStateWaiting? Waiting { get; set; }
    public ContainerStateRunning? Running { get; set; }
    public ContainerStateTerminated? Terminated { get; set; }
}

public sealed class ContainerStateWaiting
{
    public string? Reason { get; set; }
    public string? Message { get; set; }
}

public sealed class ContainerStateRunning
{
    public DateTimeOffset? StartedAt { get; set; }
}

public sealed class ContainerStateTerminated
{
    public int ExitCode { get; set; }
    public int? Signal { get; set; }
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public string? ContainerID { get; set; }
}
