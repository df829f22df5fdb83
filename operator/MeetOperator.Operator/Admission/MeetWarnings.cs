using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Meetings;
using MeetOperator.Operator.Tenants;

namespace MeetOperator.Operator.Admission;

/// <summary>
/// Says at once what the reconciler will find a moment later. Nothing is refused for it: objects may be applied in any order, and what is missing may come.
/// </summary>
internal sealed class MeetWarnings(ClusterView cluster, string operatorNamespace)
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
        var claim = NamespaceClaim.Judge(tenant, cluster.Namespaces.Get(new NamespacedName(null, tenant.Spec.Namespace)), operatorNamespace);
        return claim.Owned ? null : $"spec.namespace: {claim.Message}";
    }

    private string? Pool(SfuPool pool)
    {
        var range = pool.Spec.Exposure.PortRange;
        var other = cluster.Pools.List().FirstOrDefault(candidate => candidate.Metadata.NamespacedName != pool.Metadata.NamespacedName
            && candidate.Spec.Exposure.PortRange is { } theirs && theirs.Min <= range.Max && range.Min <= theirs.Max);
        return other is null ? null
            : $"spec.exposure.portRange overlaps that of SfuPool {other.Metadata.NamespacedName}: a port goes to one node only, so give each pool a range of its own";
    }

    /// <summary>The namespace of an object that is being created may stand in the request alone.</summary>
    private static T Read<T>(JsonObject item, AdmissionRequest request)
        where T : KubernetesObject
    {
        var read = item.Deserialize<T>(KubeJson.Options)!;
        read.Metadata.Namespace ??= request.Namespace;
        return read;
    }
}
