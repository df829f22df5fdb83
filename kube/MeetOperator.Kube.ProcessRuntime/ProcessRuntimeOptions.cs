namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>What the runtime is told about its one node.</summary>
public sealed record ProcessRuntimeOptions
{
    /// <summary>Holds volumes and logs of every Pod, in <c>pods/&lt;uid&gt;</c>. One runtime owns it at a time.</summary>
    public required string Folder { get; init; }

    public required ImageTable Images { get; init; }

    public string NodeName { get; init; } = "local";

    /// <summary>First three bytes of the Pods' addresses; the whole of 127.0.0.0/8 is this machine.</summary>
    public string PodAddressPrefix { get; init; } = "127.0.1";

    /// <summary>What <c>status.hostIP</c> says.</summary>
    public string HostIp { get; init; } = "127.0.0.1";

    /// <summary>Namespaces whose Pods may use hostPath volumes. Never one where untrusted Pods may be made.</summary>
    public IReadOnlySet<string> HostPathNamespaces { get; init; } = new HashSet<string>();

    /// <summary>Variables of this process that every container gets as well; without PATH a program finds nothing.</summary>
    public IReadOnlyList<string> InheritedVariables { get; init; } = ["PATH", "LANG", "TZ", "DOTNET_ROOT"];

    /// <summary>A container's log file is rotated at this size; the newest and one older file are kept.</summary>
    public long LogLimitBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>How often the node's Lease is renewed.</summary>
    public TimeSpan HeartbeatPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long containers may take to leave when the runtime itself is stopped.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(3);
}
