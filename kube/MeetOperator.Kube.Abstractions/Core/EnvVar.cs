namespace MeetOperator.Kube.Core;

/// <summary>An environment variable with either <see cref="Value"/> or <see cref="ValueFrom"/>.</summary>
public sealed class EnvVar : ExtensibleObject
{
    public string Name { get; set; } = string.Empty;
    public string? Value { get; set; }
    public EnvVarSource? ValueFrom { get; set; }
}

public sealed class EnvVarSource : ExtensibleObject
{
    public ObjectFieldSelector? FieldRef { get; set; }
    public SecretKeySelector? SecretKeyRef { get; set; }
    public ConfigMapKeySelector? ConfigMapKeyRef { get; set; }
}

public sealed class ObjectFieldSelector
{
    public string? ApiVersion { get; set; }

    /// <summary>For example <c>status.podIP</c> or <c>metadata.labels['app']</c>.</summary>
    public string FieldPath { get; set; } = string.Empty;
}

public sealed class SecretKeySelector
{
    public string? Name { get; set; }
    public string Key { get; set; } = string.Empty;
    public bool? Optional { get; set; }
}

public sealed class ConfigMapKeySelector
{
    public string? Name { get; set; }
    public string Key { get; set; } = string.Empty;
    public bool? Optional { get; set; }
}

/// <summary>All keys of a Secret or ConfigMap as variables.</summary>
public sealed class EnvFromSource : ExtensibleObject
{
    public string? Prefix { get; set; }
    public OptionalReference? SecretRef { get; set; }
    public OptionalReference? ConfigMapRef { get; set; }
}

public sealed class OptionalReference
{
    public string? Name { get; set; }
    public bool? Optional { get; set; }
}

public sealed class LocalObjectReference
{
    public string? Name { get; set; }
}
