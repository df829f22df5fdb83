using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Admission;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Webhook;

/// <summary>
/// Admission in a cluster: first <see cref="MeetAdmission"/>, then the rules that depend on other objects and on the installation, and finally defaults and
/// warnings.
/// </summary>
internal sealed class ClusterAdmission : IAdmissionReviewer
{
    private readonly ClusterView _cluster;
    private readonly MeetAdmission _rules = new();
    private readonly PoolAdmission _pools;
    private readonly MeetWarnings _warnings;

    public ClusterAdmission(ClusterView cluster, OperatorOptions options)
    {
        var rights = new PoolRights(cluster, options);
        _cluster = cluster;
        _pools = new PoolAdmission(rights);
        _warnings = new MeetWarnings(cluster, rights, options);
    }

    public AdmissionDecision Review(AdmissionRequest request)
    {
        var decision = _rules.Review(request);
        if (!decision.Allowed)
        {
            return decision;
        }

        IReadOnlyList<FieldError> errors = [.. _pools.Review(request), .. ValidateUpdate(request)];
        return errors.Count == 0 ? decision with { Warnings = _warnings.Of(request) } : new AdmissionDecision(errors);
    }

    /// <summary>Errors for tenant limits that the update newly exceeds; empty while the tenant is unknown here.</summary>
    private IReadOnlyList<FieldError> ValidateUpdate(AdmissionRequest request)
    {
        if (request is not { Group: MeetGroup.Name, Kind: "Meeting", Operation: AdmissionOperation.Update, Subresource: "", Object: { } item, OldObject: { } old })
        {
            return [];
        }

        var meeting = item.Deserialize<Meeting>(KubeJson.Options)!;
        try
        {
            return MeetingUpdates.Validate(old.Deserialize<Meeting>(KubeJson.Options)!, meeting, _cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)));
        }
        catch (JsonException)
        {
            return []; // The old object cannot be parsed, for example because an older version wrote it; a correction must not be rejected.
        }
    }

    public JsonArray? Default(AdmissionRequest request) => MeetDefaults.Patch(request, _cluster.OwnerOf);
}
