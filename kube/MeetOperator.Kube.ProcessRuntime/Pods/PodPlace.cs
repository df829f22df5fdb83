namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Where a Pod runs: the node's name and address, the Pod's own address, and its folder.</summary>
internal sealed record PodPlace(string NodeName, string HostIp, string PodIp, string Folder)
{
    public string VolumeFolder(string volume) => Path.Combine(Folder, "volumes", volume);

    public string ContainerFolder(string container) => Path.Combine(Folder, "containers", container);

    public string LogFile(string container) => Path.Combine(ContainerFolder(container), "log");
}
