using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Meetings;
using MeetOperator.Operator.Pools;
using MeetOperator.Operator.Tenants;

namespace MeetOperator.Operator.Admission;

/// <summary>
/// Says at once what the reconciler will find a moment later. Nothing is refused for it: objects may be applied in any order, and what is missing may come.
/// </summary>
internal sealed class MeetWarnings(ClusterView cluster, PoolRights rights, OperatorOptions options)
{
    /// <param name="request">An object that <see cref="MeetAdmission"/> found valid.</param>
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
        && AcceptRules.Judge(meeting, cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)), cluster.OwnerOf(meeting.Metadata.Namespace)) is { } refusal
            ? refusal.Message
            : null;

    private string? Tenant(Tenant tenant)
    {
        var claim = NamespaceClaim.Judge(tenant, cluster.Namespaces.Get(new NamespacedName(null, tenant.Spec.Namespace)), [options.Namespace, .. options.Pools.Namespaces]);
        return claim.Owned ? null : $"spec.namespace: {claim.Message}";
    }

    /// <summary>What refuses a pool is said by <see cref="PoolAdmission"/>; what is left may still change.</summary>
    private string? Pool(SfuPool pool) =>
        rights.Refusals(pool).FirstOrDefault() is { } refusal ? $"the pool makes no media node: {refusal.Field}: {refusal.Message}"
        : pool.Spec.Exposure.AddressSource == AddressSource.HostIP ? "spec.exposure.addressSource: HostIP is the former name of NodeInternalIP, which means the same: write NodeInternalIP"
        : null;

    /// <summary>The namespace of an object that is being created may stand in the request alone.</summary>
    private static T Read<T>(JsonObject item, AdmissionRequest request)
        where T : KubernetesObject
    {
        var read = item.Deserialize<T>(KubeJson.Options)!;
        read.Metadata.Namespace ??= request.Namespace;
        return read;
    }
}
