using System.Collections.Concurrent;
using System.Reflection;

namespace MeetOperator.Kube;

/// <summary>Group, version, kind and names of a resource; the CRD and the client's paths are made from it.</summary>
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

    /// <summary>The attribute of <paramref name="type"/>; throws <see cref="InvalidOperationException"/> when it has none.</summary>
    public static KubernetesEntityAttribute Of(Type type) => Cache.GetOrAdd(type, static t =>
        t.GetCustomAttribute<KubernetesEntityAttribute>()
        ?? throw new InvalidOperationException($"{t} carries no [KubernetesEntity]."));
}

public enum EntityScope
{
    Namespaced,
    Cluster,
}

/// <summary>
/// Gives the CRD a status subresource. A status with <c>observedGeneration</c> reads -1 there until a controller has written one: by the rules of kstatus, which
/// Flux and others follow, an object without a status would count as done before anybody has looked at it.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StatusSubresourceAttribute : Attribute;

/// <summary>Gives the CRD a scale subresource; paths are JSON paths such as <c>.spec.replicas</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ScaleSubresourceAttribute(string specReplicasPath, string statusReplicasPath) : Attribute
{
    public string SpecReplicasPath { get; } = specReplicasPath;
    public string StatusReplicasPath { get; } = statusReplicasPath;
    public string? LabelSelectorPath { get; init; }
}

/// <summary>A column of <c>kubectl get</c>. Columns appear in the order in which they are declared.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PrinterColumnAttribute(string name, string jsonPath) : Attribute
{
    public string Name { get; } = name;
    public string JsonPath { get; } = jsonPath;

    /// <summary>string, integer, number, boolean or date.</summary>
    public string Type { get; init; } = "string";
    public string? Description { get; init; }

    /// <summary>0 is always shown; greater values only with <c>-o wide</c>.</summary>
    public int Priority { get; init; }
}

/// <summary>Permission that a component needs; the role is generated from all of them (one rule a line, sorted).</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class RbacRuleAttribute(string component) : Attribute
{
    /// <summary>The component that is granted, for example operator or signaling.</summary>
    public string Component { get; } = component;
    public string Group { get; init; } = string.Empty;
    public required string[] Resources { get; init; }
    public required string[] Verbs { get; init; }
    public string[] ResourceNames { get; init; } = [];

    /// <summary>True: only in the namespace that the component itself runs in, by a Role; false: in every namespace, by a ClusterRole.</summary>
    public bool OwnNamespace { get; init; }

    /// <summary>Why the permission is needed; goes into the generated file as a comment.</summary>
    public required string Reason { get; init; }
}
