namespace MeetOperator.Kube.ProcessRuntime.Plans;

/// <summary>The location of a Pod: name and address of its node, address of the Pod, and its folder.</summary>
internal sealed record PodLocation(string NodeName, string HostIp, string PodIp, string Folder)
{
    public string VolumeFolder(string volume) => Path.Combine(Folder, "volumes", volume);

    public string ContainerFolder(string container) => Path.Combine(Folder, "containers", container);

    public string LogFile(string container) => Path.Combine(ContainerFolder(container), "log");
}
