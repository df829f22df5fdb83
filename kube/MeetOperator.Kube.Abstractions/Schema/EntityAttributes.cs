using System.Collections.Concurrent;
using System.Reflection;

namespace MeetOperator.Kube.Schema;

/// <summary>Group, version, kind, and names of a resource, from which the CRD and the client paths are built.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class KubernetesEntityAttribute : Attribute
{
    private static readonly ConcurrentDictionary<Type, KubernetesEntityAttribute> Cache = new();

    /// <summary>API group; empty for the core group.</summary>
    public string Group { get; init; } = string.Empty;
    public required string Version { get; init; }
    public required string Kind { get; init; }
    public required string Plural { get; init; }
    public string Singular => Kind.ToLowerInvariant();
    public string[] ShortNames { get; init; } = [];
    public string[] Categories { get; init; } = [];
    public EntityScope Scope { get; init; } = EntityScope.Namespaced;
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The attribute of <paramref name="type"/>. Throws <see cref="InvalidOperationException"/> if it has none.</summary>
    public static KubernetesEntityAttribute Of(Type type) => Cache.GetOrAdd(type, static t =>
        t.GetCustomAttribute<KubernetesEntityAttribute>()
        ?? throw new InvalidOperationException($"{t} has no [KubernetesEntity] attribute."));
}

public enum EntityScope
{
    Namespaced,
    Cluster,
}

/// <summary>
/// Adds a status subresource to the CRD. If the status has an <c>observedGeneration</c>, its default is -1 until a controller writes it. Otherwise
/// tools with the rules of kstatus, such as Flux, would treat an object without status as reconciled.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StatusSubresourceAttribute : Attribute;

/// <summary>Adds a scale subresource to the CRD. Paths are JSON paths such as <c>.spec.replicas</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ScaleSubresourceAttribute(string specReplicasPath, string statusReplicasPath) : Attribute
{
    public string SpecReplicasPath { get; } = specReplicasPath;
    public string StatusReplicasPath { get; } = statusReplicasPath;
    public string? LabelSelectorPath { get; init; }
}

/// <summary>A column of <c>kubectl get</c>. Columns appear in declaration order.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PrinterColumnAttribute(string name, string jsonPath) : Attribute
{
    public string Name { get; } = name;
    public string JsonPath { get; } = jsonPath;

    /// <summary>"string", "integer", "number", "boolean", or "date".</summary>
    public string Type { get; init; } = "string";
    public string? Description { get; init; }

    /// <summary>Columns with priority 0 are always shown, others only with <c>-o wide</c>.</summary>
    public int Priority { get; init; }
}

/// <summary>A permission that a component needs. The roles are generated from all of these attributes.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class RbacRuleAttribute(string component) : Attribute
{
    /// <summary>The component that gets the permission, for example operator or signaling.</summary>
    public string Component { get; } = component;
    public string Group { get; init; } = string.Empty;
    public required string[] Resources { get; init; }
    public required string[] Verbs { get; init; }
    public string[] ResourceNames { get; init; } = [];

    /// <summary>True limits the permission to the namespace of the component (a Role); false grants it in all namespaces (a ClusterRole).</summary>
    public bool OwnNamespace { get; init; }

    /// <summary>Why the permission is needed; becomes a comment in the generated file.</summary>
    public required string Reason { get; init; }
}
