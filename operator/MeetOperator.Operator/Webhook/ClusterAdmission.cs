using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Admission;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds;
using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Webhook;

/// <summary>
/// Admission in a cluster: first <see cref="MeetAdmission"/>, then the rules of each kind that depend on other objects and on the installation, and finally defaults and
/// warnings.
/// </summary>
internal sealed class ClusterAdmission(ClusterView cluster, OperatorOptions options) : IAdmissionReviewer
{
    private readonly MeetAdmission _rules = new();
    private readonly Dictionary<string, KindAdmission> _kinds = MeetKinds.All.ToDictionary(kind => kind.Name, kind => kind.Admission(cluster, options), StringComparer.Ordinal);

    public AdmissionDecision Review(AdmissionRequest request)
    {
        var decision = _rules.Review(request);
        if (!decision.Allowed || request is not { Subresource: "", Object: not null, Operation: not AdmissionOperation.Delete } || !MeetAdmission.HasNewSpec(request) || Find(request) is not { } kind)
        {
            return decision;
        }

        var errors = kind.Review(request);
        return errors.Count > 0 ? new AdmissionDecision(errors)
            : kind.FindWarning(request) is { } warning ? decision with { Warnings = [warning] }
            : decision;
    }

    public JsonArray? Default(AdmissionRequest request) => Find(request)?.Default(request);

    private KindAdmission? Find(AdmissionRequest request) => request.Group == MeetGroup.Name ? _kinds.GetValueOrDefault(request.Kind) : null;
}
