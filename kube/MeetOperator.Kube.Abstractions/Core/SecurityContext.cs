namespace MeetOperator.Kube.Core;

/// <summary>Security settings of a container.</summary>
public sealed class SecurityContext : ExtensibleObject
{
    public bool? AllowPrivilegeEscalation { get; set; }
    public bool? Privileged { get; set; }
    public bool? ReadOnlyRootFilesystem { get; set; }
    public bool? RunAsNonRoot { get; set; }
    public long? RunAsUser { get; set; }
    public long? RunAsGroup { get; set; }
    public Capabilities? Capabilities { get; set; }
    public SeccompProfile? SeccompProfile { get; set; }
}

/// <summary>Security settings of a Pod.</summary>
public sealed class PodSecurityContext : ExtensibleObject
{
    public bool? RunAsNonRoot { get; set; }
    public long? RunAsUser { get; set; }
    public long? RunAsGroup { get; set; }
    public long? FsGroup { get; set; }
    public SeccompProfile? SeccompProfile { get; set; }
}

public sealed class Capabilities
{
    public IList<string>? Add { get; set; }
    public IList<string>? Drop { get; set; }
}

public sealed class SeccompProfile
{
    /// <summary>RuntimeDefault, Unconfined, or Localhost.</summary>
    public string Type { get; set; } = "RuntimeDefault";
    public string? LocalhostProfile { get; set; }
}
