using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Admission of meetings: the limits of the tenant at updates, a warning for a meeting that would not be accepted now, and defaults.</summary>
internal sealed class MeetingAdmission(ClusterView cluster, PoolRights rights) : KindAdmission
{
    /// <summary>Errors for tenant limits that an update newly exceeds; empty while the tenant is unknown here, or while the stored object cannot be read.</summary>
    public override IReadOnlyList<FieldError> Review(AdmissionRequest request)
    {
        if (request.Operation != AdmissionOperation.Update || ReadOld<Meeting>(request) is not { } old)
        {
            return [];
        }

        var meeting = Read<Meeting>(request);
        var tenant = cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name));
        return [.. MeetingUpdates.Validate(old, meeting, tenant), .. MoveAdmission.Validate(old, meeting, tenant, cluster.Nodes.List(), cluster.PoolOf, rights.IsShared)];
    }

    public override string? FindWarning(AdmissionRequest request)
    {
        var meeting = Read<Meeting>(request);
        return meeting.Spec.DesiredState == MeetingDesiredState.Active
            && AcceptRules.FindRejection(meeting, cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)), cluster.OwnerOf(meeting.Metadata.Namespace)) is { } rejection
                ? rejection.Message
                : null;
    }

    public override JsonArray? Default(AdmissionRequest request) => MeetingDefaults.Patch(request, cluster.OwnerOf);
}
