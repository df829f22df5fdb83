using MeetOperator.Contracts.TurnPools;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>What a pool of relays may not request: the operator creates Pods with permissions that the author of the pool may lack. Pure.</summary>
internal static class TurnPoolRules
{
    /// <param name="pool">The pool to check.</param>
    /// <param name="isShared">Whether its namespace is one of the installation's pool namespaces.</param>
    /// <param name="tenant">The tenant that owns its namespace, or null.</param>
    /// <param name="options">The limits of the installation.</param>
    public static NodeFailure? FindRejection(TurnPool pool, bool isShared, string? tenant, OperatorOptions options) =>
        TurnPoolValidation.Validate(pool, null) is [var error, ..] ? new NodeFailure("Invalid", $"{error.Field}: {error.Message}")
        : !isShared && tenant is null ? new NodeFailure(
            "NamespaceNotAllowed",
            $"no tenant owns namespace {pool.Metadata.Namespace}, and it is not one of the installation's pool namespaces ({string.Join(", ", options.Pools.Namespaces.Prepend(options.Namespace))}): move the pool, or add the namespace to MEET_POOL_NAMESPACES of the operator (value pools.namespaces)")
        : !options.Pools.Exposures.Contains(pool.Spec.Exposure.Type) ? new NodeFailure(
            "ExposureNotAllowed", $"exposure.type {pool.Spec.Exposure.Type} is not allowed in this installation; allowed: {string.Join(", ", options.Pools.Exposures)}")
        : null;
}
