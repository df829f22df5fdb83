using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>What is known of one container at one moment; immutable, replaced as a whole.</summary>
internal sealed record ContainerFacts
{
    public required ContainerState State { get; init; }
    public ContainerState? LastState { get; init; }
    public int RestartCount { get; init; }
    public bool Started { get; init; }
    public bool Ready { get; init; }
    public string? ContainerId { get; init; }

    public static ContainerFacts Waiting(string reason, string? message = null) =>
        new() { State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } } };

    public ContainerFacts WithWaiting(string reason, string? message = null) => this with
    {
        State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } },
        LastState = State.Terminated is null ? LastState : State,
        Ready = false,
        Started = false,
    };

    public ContainerFacts WithRunning(DateTimeOffset startedAt, string containerId) => this with
    {
        State = new ContainerState { Running = new ContainerStateRunning { StartedAt = startedAt } },
        ContainerId = containerId,
    };

    public ContainerFacts WithTerminated(ContainerStateTerminated terminated) => this with
    {
        State = new ContainerState { Terminated = terminated },
        Ready = false,
        Started = false,
    };
}
