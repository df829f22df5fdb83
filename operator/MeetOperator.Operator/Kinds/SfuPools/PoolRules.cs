using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube;
using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>
/// What a pool may not request. The operator creates the pool's Pods, and must not grant the author of a pool permissions that the author lacks. Pure.
/// </summary>
internal static class PoolRules
{
    public const string NamespaceField = "metadata.namespace";
    public const string ExposureField = "spec.exposure.type";
    public const string ImageField = "spec.image";
    public const string PriorityField = "spec.template.priorityClassName";
    public const string AnnotationsField = "spec.template.annotations";
    public const string PortsField = "spec.exposure.portRange";

    /// <summary>Number of ports that a tenant's pools may claim together on every cluster node. Pools of the installation have no such limit.</summary>
    public const int MaxTenantPorts = 4096;

    /// <summary>All rejections of the pool; empty when it may create nodes.</summary>
    /// <param name="pool">The pool to check.</param>
    /// <param name="shared">True when its namespace is one of the installation's pool namespaces.</param>
    /// <param name="tenant">The tenant that owns its namespace, or null.</param>
    /// <param name="others">Pools whose port ranges it must not overlap.</param>
    /// <param name="options">The limits of the installation.</param>
    /// <param name="relays">Host ports of relays that it must not overlap.</param>
    public static IEnumerable<PoolRejection> Check(SfuPool pool, bool shared, Tenant? tenant, IEnumerable<SfuPool> others, OperatorOptions options, IReadOnlyList<RelayPorts>? relays = null)
    {
        var errors = SfuPoolValidation.Validate(pool, null);
        foreach (var error in errors)
        {
            yield return new PoolRejection("Invalid", error.Field, error.Message);
        }

        if (!shared && tenant?.Spec.Namespace != pool.Metadata.Namespace)
        {
            yield return RejectNamespace(pool.Metadata.Namespace, options);
        }

        var limits = shared ? null : tenant?.Spec.Pools;
        if (CheckExposure(pool.Spec.Exposure.Type, limits, options.Pools) is { } exposure)
        {
            yield return exposure;
        }

        if (pool.Spec.Image is { Length: > 0 } image && Image(image, limits, options) is { } imageRejection)
        {
            yield return imageRejection;
        }

        if (!shared && Priority(pool.Spec.Template.PriorityClassName, limits, options.Pools) is { } priority)
        {
            yield return priority;
        }

        if (!shared && pool.Spec.Template.Annotations.Keys.FirstOrDefault(each => !Allows(options.Pools.Annotations, each)) is { } key)
        {
            yield return new PoolRejection("AnnotationNotAllowed", AnnotationsField,
                $"{key} is not allowed here; allowed: {List(options.Pools.Annotations)}{Where(false, "allowedAnnotations")}");
        }

        var held = others.ToArray();
        var claimed = Width(pool) + held.Where(other => other.Metadata.Namespace == pool.Metadata.Namespace).Sum(Width);
        if (!shared && errors.Count == 0 && claimed > MaxTenantPorts)
        {
            yield return new PoolRejection("PortRangeTooWide", PortsField, $"{claimed} ports in total exceed the limit for a tenant's pools; allowed: {MaxTenantPorts}");
        }

        if (held.FirstOrDefault(other => IsOverlapping(pool.Spec.Exposure.PortRange, other.Spec.Exposure.PortRange)) is { } rival)
        {
            var range = rival.Spec.Exposure.PortRange;
            var whose = shared || rival.Metadata.Namespace == pool.Metadata.Namespace ? $"SfuPool {rival.Metadata.NamespacedName}" : "a pool of another namespace";
            yield return new PoolRejection("PortRangeOverlaps", PortsField, $"ports {range.Min}-{range.Max} belong to {whose}: give each pool of the cluster its own range");
        }

        var own = HostPortClaim.Of(pool);
        if (relays?.FirstOrDefault(relay => own.FindOverlap(relay.Claim) is not null) is { } taken)
        {
            var range = own.FindOverlap(taken.Claim)!;
            var whose = shared || taken.Claim.Pool.Namespace == pool.Metadata.Namespace ? $"TurnPool {taken.Claim.Pool}" : taken.IsShared ? "relays of the installation" : "relays of another namespace";
            yield return new PoolRejection("PortRangeOverlaps", PortsField, $"{HostPortClaim.Text(range)} {(range.Min == range.Max ? "belongs" : "belong")} to {whose}: choose another range");
        }
    }

    /// <summary>The reason why a node differs from what its pool creates, or null.</summary>
    public static PoolRejection? Check(SfuNode node, SfuExposure exposure)
    {
        if (node.Spec.HostNetwork != (exposure.Type == ExposureType.HostNetwork))
        {
            return new PoolRejection("NodeOutsidePool", "spec.hostNetwork", $"{node.Spec.HostNetwork} does not match {ExposureField} {exposure.Type} of SfuPool {node.Spec.PoolRef.Name}: the pool creates another node");
        }

        var range = exposure.PortRange;
        if (!ContainsPorts(node, range))
        {
            return new PoolRejection("NodeOutsidePool", "spec.udpPorts", $"{string.Join(", ", node.Spec.UdpPorts)} are not all within {range.Min}-{range.Max} of SfuPool {node.Spec.PoolRef.Name}: the pool creates another node");
        }

        var control = SfuNodeObject.ControlPort(exposure.Type, node.Spec.UdpPorts);
        if (node.Spec.ControlPort != control)
        {
            return new PoolRejection("NodeOutsidePool", "spec.controlPort", $"{node.Spec.ControlPort} is not {control}, the port that SfuPool {node.Spec.PoolRef.Name} assigns: the pool creates another node");
        }

        // 0 is a node from before its pool had a TCP port. The port of a node from before the pool had none any more is also its own.
        var tcp = SfuNodeObject.TcpPort(exposure with { TcpPort = TcpExposure.Auto }, node.Spec.UdpPorts);
        return node.Spec.TcpPort == 0 || node.Spec.TcpPort == tcp ? null
            : new PoolRejection("NodeOutsidePool", "spec.tcpPort", $"{node.Spec.TcpPort} is not {tcp}, the port that SfuPool {node.Spec.PoolRef.Name} assigns: the pool creates another node");
    }

    /// <summary>True when the range contains every port of the node.</summary>
    public static bool ContainsPorts(SfuNode node, PortRange range) => node.Spec.UdpPorts.All(port => port >= range.Min && port <= range.Max);

    /// <summary>Whether <paramref name="other"/> is older, so that of two pools with overlapping ports exactly one creates nodes.</summary>
    public static bool IsOlder(KubernetesObject other, KubernetesObject pool)
    {
        var order = Nullable.Compare(other.Metadata.CreationTimestamp, pool.Metadata.CreationTimestamp);
        return order < 0 || (order == 0 && string.CompareOrdinal(other.Metadata.NamespacedName.ToString(), pool.Metadata.NamespacedName.ToString()) < 0);
    }

    /// <summary>The rejection of a pool in a namespace that belongs neither to a tenant nor to the installation.</summary>
    public static PoolRejection RejectNamespace(string? @namespace, OperatorOptions options) => new(
        "NamespaceNotAllowed", NamespaceField,
        $"no tenant owns namespace {@namespace}, and it is not one of the installation's pool namespaces ({string.Join(", ", options.Pools.Namespaces.Prepend(options.Namespace))}): move the pool, or add the namespace to MEET_POOL_NAMESPACES of the operator (value pools.namespaces)");

    private static int Width(SfuPool pool) => pool.Spec.Exposure.PortRange.Max - pool.Spec.Exposure.PortRange.Min + 1;

    private static bool IsOverlapping(PortRange one, PortRange other) => one.Min <= other.Max && other.Min <= one.Max;

    /// <summary>The rejection of a way to expose ports, or null.</summary>
    /// <param name="type">How the pool exposes its ports.</param>
    /// <param name="tenant">The limits of its tenant; null for a pool of the installation.</param>
    /// <param name="installation">The limits of the installation.</param>
    public static PoolRejection? CheckExposure(ExposureType type, TenantPools? tenant, PoolLimits installation)
    {
        var allowed = installation.Exposures.Where(each => tenant?.AllowedExposures?.Contains(each) ?? true).ToArray();
        return allowed.Contains(type) ? null
            : new PoolRejection("ExposureNotAllowed", ExposureField, $"{type} is not allowed here; allowed: {List(allowed.Select(each => each.ToString()))}{Where(installation.Exposures.Contains(type), "allowedExposures")}");
    }

    private static PoolRejection? Priority(string? name, TenantPools? tenant, PoolLimits installation)
    {
        var allowed = installation.PriorityClasses.Where(each => tenant?.AllowedPriorityClasses?.Contains(each) ?? true).ToArray();
        return string.IsNullOrEmpty(name) || allowed.Contains(name) ? null
            : new PoolRejection("PriorityClassNotAllowed", PriorityField, $"{name} is not allowed here; allowed: {List(allowed)}{Where(installation.PriorityClasses.Contains(name), "allowedPriorityClasses")}");
    }

    private static PoolRejection? Image(string image, TenantPools? tenant, OperatorOptions options)
    {
        var own = ImageRepository.Of(options.MediaNodeImage);
        var repository = ImageRepository.Of(image);
        string[] installation = [.. own is null ? [] : (string[])[own], .. options.Pools.ImageRepositories];
        if (repository is null)
        {
            return new PoolRejection("ImageNotAllowed", ImageField, $"\"{image}\" is not an image name; allowed: {List(installation)}");
        }

        if (!installation.Any(each => ImageRepository.IsWithin(repository, each)))
        {
            return new PoolRejection("ImageNotAllowed", ImageField, $"repository {repository} is not allowed; allowed: {List(installation)}{Where(false, "allowedImageRepositories")}");
        }

        // The operator's own image is always allowed, since a pool without an image gets it anyway.
        return repository == own || (tenant?.AllowedImageRepositories?.Any(each => ImageRepository.IsWithin(repository, each)) ?? true) ? null
            : new PoolRejection("ImageNotAllowed", ImageField, $"repository {repository} is not allowed here; allowed: {List([.. own is null ? [] : (string[])[own], .. tenant!.AllowedImageRepositories!])}{Where(true, "allowedImageRepositories")}");
    }

    /// <summary>Annotations control cluster components such as CNI plugins and sidecar injectors. Only the installation knows which of them are present.</summary>
    private static bool Allows(IReadOnlyList<string> allowed, string annotation) =>
        allowed.Any(each => each == annotation || (each.EndsWith('/') && annotation.StartsWith(each, StringComparison.Ordinal)));

    private static string Where(bool tenant, string field) => tenant ? $" (spec.pools.{field} of the Tenant)" : $" (Helm value pools.{field})";

    private static string List(IEnumerable<string> allowed) => allowed.ToArray() is { Length: > 0 } some ? string.Join(", ", some) : "none";
}

/// <summary>The reason why a pool may not create nodes: the field, what is wrong with it and what is allowed.</summary>
internal sealed record PoolRejection(string Reason, string Field, string Message)
{
    public NodeFailure Failure => new(Reason, $"{Field}: {Message}");
}
