namespace MeetOperator.Kube.Core;

/// <summary>A volume that containers can mount; exactly one source is set.</summary>
public sealed class Volume : ExtensibleObject
{
    public string Name { get; set; } = string.Empty;
    public EmptyDirVolumeSource? EmptyDir { get; set; }
    public SecretVolumeSource? Secret { get; set; }
    public ConfigMapVolumeSource? ConfigMap { get; set; }
    public ProjectedVolumeSource? Projected { get; set; }
}

public sealed class EmptyDirVolumeSource : ExtensibleObject
{
    public string? Medium { get; set; }
    public string? SizeLimit { get; set; }
}

public sealed class SecretVolumeSource : ExtensibleObject
{
    public string? SecretName { get; set; }
    public IList<KeyToPath>? Items { get; set; }
    public int? DefaultMode { get; set; }
    public bool? Optional { get; set; }
}

public sealed class ConfigMapVolumeSource : ExtensibleObject
{
    public string? Name { get; set; }
    public IList<KeyToPath>? Items { get; set; }
    public int? DefaultMode { get; set; }
    public bool? Optional { get; set; }
}

public sealed class KeyToPath
{
    public string Key { get; set; } = string.Empty;
    public string Path { get; set; } = string.Empty;
    public int? Mode { get; set; }
}

/// <summary>Several sources in one directory.</summary>
public sealed class ProjectedVolumeSource : ExtensibleObject
{
    public IList<VolumeProjection>? Sources { get; set; }
    public int? DefaultMode { get; set; }
}

public sealed class VolumeProjection : ExtensibleObject
{
    public SecretProjection? Secret { get; set; }
    public ConfigMapProjection? ConfigMap { get; set; }
    public ServiceAccountTokenProjection? ServiceAccountToken { get; set; }
    public DownwardApiProjection? DownwardAPI { get; set; }
}

public sealed class SecretProjection
{
    public string? Name { get; set; }
    public IList<KeyToPath>? Items { get; set; }
    public bool? Optional { get; set; }
}

public sealed class ConfigMapProjection
{
    public string? Name { get; set; }
    public IList<KeyToPath>? Items { get; set; }
    public bool? Optional { get; set; }
}

public sealed class ServiceAccountTokenProjection
{
    public string? Audience { get; set; }
    public long? ExpirationSeconds { get; set; }
    public string Path { get; set; } = string.Empty;
}

public sealed class DownwardApiProjection
{
    public IList<DownwardApiFile>? Items { get; set; }
}

public sealed class DownwardApiFile : ExtensibleObject
{
    public string Path { get; set; } = string.Empty;
    public ObjectFieldSelector? FieldRef { get; set; }
}
