using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime.Containers;

/// <summary>The observed state of a container at one point in time. Immutable.</summary>
internal sealed record ContainerSnapshot
{
    public required ContainerState State { get; init; }
    public ContainerState? LastState { get; init; }
    public int RestartCount { get; init; }
    public bool Started { get; init; }
    public bool Ready { get; init; }
    public string? ContainerId { get; init; }

    public static ContainerSnapshot Waiting(string reason, string? message = null) =>
        new() { State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } } };

    public ContainerSnapshot WithWaiting(string reason, string? message = null) => this with
    {
        State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } },
        LastState = State.Terminated is null ? LastState : State,
        Ready = false,
        Started = false,
    };

    public ContainerSnapshot WithRunning(DateTimeOffset startedAt, string containerId) => this with
    {
        State = new ContainerState { Running = new ContainerStateRunning { StartedAt = startedAt } },
        ContainerId = containerId,
    };

    public ContainerSnapshot WithTerminated(ContainerStateTerminated terminated) => this with
    {
        State = new ContainerState { Terminated = terminated },
        Ready = false,
        Started = false,
    };
}
