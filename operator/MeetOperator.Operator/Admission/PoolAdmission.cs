using System.Text.Json;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Pools;

namespace MeetOperator.Operator.Admission;

/// <summary>
/// Refuses a pool that asks for what it may not have. A pool that was stored before a limit was drawn can still be changed in everything else, scaled down and deleted:
/// the reconciler makes no node for it.
/// </summary>
internal sealed class PoolAdmission(PoolRights rights)
{
    /// <param name="request">An object that <see cref="MeetAdmission"/> found valid.</param>
    public IReadOnlyList<FieldError> Review(AdmissionRequest request)
    {
        if (request is not { Group: MeetGroup.Name, Kind: "SfuPool", Subresource: "", Object: { } item, Operation: not AdmissionOperation.Delete })
        {
            return [];
        }

        var pool = item.Deserialize<SfuPool>(KubeJson.Options)!;
        if (pool.Metadata.DeletionTimestamp is not null)
        {
            return [];
        }

        pool.Metadata.Namespace ??= request.Namespace;
        var old = Stored(request);
        return [.. rights.Refusals(pool).Where(refusal => Changed(refusal.Field, pool.Spec, old?.Spec)).Select(refusal => new FieldError(refusal.Field, refusal.Message))];
    }

    /// <summary>The namespace is not held against a pool: it may be handed to a tenant, or be named by the installation, after it.</summary>
    private static bool Changed(string field, SfuPoolSpec now, SfuPoolSpec? before) => field switch
    {
        PoolRules.ImageField => now.Image != before?.Image,
        PoolRules.ExposureField => now.Exposure.Type != before?.Exposure.Type,
        PoolRules.PriorityField => now.Template.PriorityClassName != before?.Template.PriorityClassName,
        PoolRules.AnnotationsField => now.Template.Annotations.Except(before?.Template.Annotations ?? new Dictionary<string, string>()).Any(),
        PoolRules.PortsField => now.Exposure.PortRange != before?.Exposure.PortRange,
        _ => false,
    };

    private static SfuPool? Stored(AdmissionRequest request)
    {
        try
        {
            return request.OldObject?.Deserialize<SfuPool>(KubeJson.Options);
        }
        catch (JsonException)
        {
            return null; // An older version wrote it; the new one is judged in full.
        }
    }
}
