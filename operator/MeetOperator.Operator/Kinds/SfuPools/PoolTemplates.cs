using System.Text.Json;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Which template a node of a pool gets: the pool's own, or the former one while a new one is tried or has failed. Pure.</summary>
internal static class PoolTemplates
{
    private const int MaxFields = 65_536;

    /// <summary>The template of a pool, for its status; null when it is too large for that.</summary>
    public static SfuStableTemplate? Of(SfuPool pool, string revision, string image)
    {
        var fields = JsonSerializer.Serialize(new PodFields(pool.Spec.Template, pool.Spec.Exposure, pool.Spec.Capacity), KubeJson.Options);
        return fields.Length > MaxFields ? null : new SfuStableTemplate { Revision = revision, Image = image, Fields = fields };
    }

    /// <summary>The pool with the former template, or the pool itself when that is unknown. The port range stays.</summary>
    public static SfuPool Former(SfuPool pool) => pool.Status?.Rollout?.Stable is not { } stable || Read(stable) is not { } fields ? pool : new SfuPool
    {
        ApiVersion = pool.ApiVersion,
        Kind = pool.Kind,
        Metadata = pool.Metadata,
        Spec = pool.Spec with
        {
            Image = stable.Image,
            Version = null,
            Template = fields.Template,
            Exposure = fields.Exposure with { PortRange = pool.Spec.Exposure.PortRange },
            Capacity = fields.Capacity,
        },
        Status = pool.Status,
    };

    /// <summary>The pool with the template that its nodes should have: the former one when the current one has been rolled back.</summary>
    public static SfuPool Target(SfuPool pool, string revision) => RolloutRules.IsRolledBack(pool, revision) ? Former(pool) : pool;

    /// <summary>The pool with the template that a Pod of an existing node gets.</summary>
    public static SfuPool Of(SfuNode node, SfuPool pool) => pool.Status?.Rollout is { Phase: RolloutPhase.Canary or RolloutPhase.RolledBack } rollout && RevisionOf(node) != rollout.Revision
        ? Former(pool)
        : pool;

    /// <summary>Null when a later version wrote values that this one does not know.</summary>
    private static PodFields? Read(SfuStableTemplate stable)
    {
        try
        {
            return JsonSerializer.Deserialize<PodFields>(stable.Fields, KubeJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record PodFields(MediaNodeTemplate Template, SfuExposure Exposure, SfuCapacity Capacity);

    /// <summary>The revision that the node was created for; null for nodes of older versions.</summary>
    public static string? RevisionOf(SfuNode node) => node.Metadata.Annotations?.TryGetValue(MeetAnnotations.Revision, out var revision) == true ? revision : null;
}
