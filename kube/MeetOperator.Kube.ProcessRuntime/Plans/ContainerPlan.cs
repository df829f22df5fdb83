using MeetOperator.Kube.ProcessRuntime.Processes;

namespace MeetOperator.Kube.ProcessRuntime.Plans;

/// <summary>A container resolved to a local command, without references to the cluster.</summary>
internal sealed record ContainerPlan(string Name, ProcessCommand Command);

/// <summary>The configuration of a Pod is invalid or incomplete. <see cref="Reason"/> is the waiting reason that a kubelet would show.</summary>
internal sealed class PodConfigurationException(string reason, string message) : Exception(message)
{
    public const string ConfigError = "CreateContainerConfigError";
    public const string ImageError = "ErrImagePull";

    public string Reason { get; } = reason;
}
