using MeetOperator.Kube.ProcessRuntime.Images;

namespace MeetOperator.Kube.ProcessRuntime.Services;

/// <summary>Configures a <see cref="ProcessNode"/>.</summary>
public sealed record ProcessRuntimeOptions
{
    /// <summary>Folder for the volumes and logs of the Pods, in <c>pods/&lt;uid&gt;</c>. Only one runtime may use it at a time.</summary>
    public required string Folder { get; init; }

    public required ImageTable Images { get; init; }

    public string NodeName { get; init; } = "local";

    /// <summary>First three bytes of the Pod addresses. All of 127.0.0.0/8 is loopback.</summary>
    public string PodAddressPrefix { get; init; } = "127.0.1";

    /// <summary>The value of <c>status.hostIP</c>.</summary>
    public string HostIp { get; init; } = "127.0.0.1";

    /// <summary>Namespaces whose Pods may use hostPath volumes. Never include a namespace with untrusted Pods.</summary>
    public IReadOnlySet<string> HostPathNamespaces { get; init; } = new HashSet<string>();

    /// <summary>Variables of this process that every container inherits. Most programs need PATH.</summary>
    public IReadOnlyList<string> InheritedVariables { get; init; } = ["PATH", "LANG", "TZ", "DOTNET_ROOT"];

    /// <summary>Size in bytes at which a container log is rotated. The current and one older file are kept.</summary>
    public long LogLimitBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Renewal interval of the node Lease.</summary>
    public TimeSpan HeartbeatPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Grace period of containers when the runtime stops.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(3);
}
