using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.Tenants;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Admission;

/// <summary>
/// Warns about problems that the reconciler would report later. Warnings reject nothing, because objects may be applied in any order.
/// </summary>
internal sealed class MeetWarnings(ClusterView cluster, PoolRights rights, OperatorOptions options)
{
    /// <param name="request">A request whose object is valid according to <see cref="MeetAdmission"/>.</param>
    public IReadOnlyList<string> Of(AdmissionRequest request)
    {
        if (request is not { Group: MeetGroup.Name, Subresource: "", Object: { } item, Operation: not AdmissionOperation.Delete })
        {
            return [];
        }

        var warning = request.Kind switch
        {
            "Meeting" => Meeting(Read<Meeting>(item, request)),
            "Tenant" => Tenant(Read<Tenant>(item, request)),
            "SfuPool" => Pool(Read<SfuPool>(item, request)),
            _ => null,
        };
        return warning is null ? [] : [warning];
    }

    private string? Meeting(Meeting meeting) =>
        meeting.Spec.DesiredState == MeetingDesiredState.Active
        && AcceptRules.FindRejection(meeting, cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)), cluster.OwnerOf(meeting.Metadata.Namespace)) is { } rejection
            ? rejection.Message
            : null;

    private string? Tenant(Tenant tenant)
    {
        var claim = NamespaceClaim.Evaluate(tenant, cluster.Namespaces.Get(new NamespacedName(null, tenant.Spec.Namespace)), [options.Namespace, .. options.Pools.Namespaces]);
        return claim.IsOwned ? null : $"spec.namespace: {claim.Message}";
    }

    /// <summary>Reports the rejections that <see cref="PoolAdmission"/> does not enforce, because they may still be resolved.</summary>
    private string? Pool(SfuPool pool) =>
        rights.FindRejections(pool).FirstOrDefault() is { } rejection ? $"the pool creates no media nodes: {rejection.Field}: {rejection.Message}"
        : pool.Spec.Exposure.AddressSource == AddressSource.HostIP ? "spec.exposure.addressSource: HostIP is deprecated, use NodeInternalIP instead; both mean the same"
        : null;

    /// <summary>Reads the object. During creation, its namespace may be set only in the request.</summary>
    private static T Read<T>(JsonObject item, AdmissionRequest request)
        where T : KubernetesObject
    {
        var read = item.Deserialize<T>(KubeJson.Options)!;
        read.Metadata.Namespace ??= request.Namespace;
        return read;
    }
}
