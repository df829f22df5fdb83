namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>A container resolved for this machine: nothing in it refers to the cluster any more.</summary>
internal sealed record ContainerPlan(string Name, ProcessCommand Command);

/// <summary>A Pod asks for something that it cannot have. <see cref="Reason"/> is what a kubelet would show while the container waits.</summary>
internal sealed class PodConfigurationException(string reason, string message) : Exception(message)
{
    public const string ConfigError = "CreateContainerConfigError";
    public const string ImageError = "ErrImagePull";

    public string Reason { get; } = reason;
}
