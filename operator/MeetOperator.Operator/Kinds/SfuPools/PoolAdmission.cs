using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Kinds.Registration;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>
/// Rejects a pool that exceeds the limits of its tenant or of the installation. A pool that was stored before a limit was set can still be changed otherwise, scaled down
/// and deleted; the reconciler creates no nodes for it.
/// </summary>
internal sealed class PoolAdmission(PoolRights rights) : KindAdmission
{
    public override IReadOnlyList<FieldError> Review(AdmissionRequest request)
    {
        var pool = Read<SfuPool>(request);
        if (pool.Metadata.DeletionTimestamp is not null)
        {
            return [];
        }

        var old = ReadOld<SfuPool>(request);
        return [.. rights.FindRejections(pool).Where(rejection => Changed(rejection.Field, pool.Spec, old?.Spec)).Select(rejection => new FieldError(rejection.Field, rejection.Message))];
    }

    /// <summary>Reports the rejections that <see cref="Review"/> does not enforce, because they may still be resolved.</summary>
    public override string? FindWarning(AdmissionRequest request)
    {
        var pool = Read<SfuPool>(request);
        return rights.FindRejections(pool).FirstOrDefault() is { } rejection ? $"the pool creates no media nodes: {rejection.Field}: {rejection.Message}"
            : pool.Spec.Exposure.AddressSource == AddressSource.HostIP ? "spec.exposure.addressSource: HostIP is deprecated, use NodeInternalIP instead; both mean the same"
            : null;
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
}
