using System.Text.Json;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Admission;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>
/// Rejects a pool that exceeds the limits of its tenant or of the installation. A pool that was stored before a limit was set can still be changed otherwise, scaled down
/// and deleted; the reconciler creates no nodes for it.
/// </summary>
internal sealed class PoolAdmission(PoolRights rights)
{
    /// <param name="request">A request whose object is valid according to <see cref="MeetAdmission"/>.</param>
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
        return [.. rights.FindRejections(pool).Where(rejection => Changed(rejection.Field, pool.Spec, old?.Spec)).Select(rejection => new FieldError(rejection.Field, rejection.Message))];
    }

    /// <summary>
    /// Whether the update changes the field. The namespace is not checked here, since it may be assigned to a tenant or added to the installation after the
    /// pool.
    /// </summary>
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
            return null; // An older version wrote it: validate every field of the new object.
        }
    }
}
