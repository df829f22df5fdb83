using System.Text.Json.Nodes;
using MeetOperator.Kube;
using MeetOperator.Operator.Admission;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Webhook;

/// <summary>Admission in a cluster: <see cref="MeetAdmission"/> judges, and what other objects say becomes defaults and warnings.</summary>
internal sealed class ClusterAdmission(ClusterView cluster, string operatorNamespace) : IAdmissionReviewer
{
    private readonly MeetAdmission _rules = new();
    private readonly MeetWarnings _warnings = new(cluster, operatorNamespace);

    public AdmissionDecision Review(AdmissionRequest request)
    {
        var decision = _rules.Review(request);
        return decision.Allowed ? decision with { Warnings = _warnings.Of(request) } : decision;
    }

    public JsonArray? Default(AdmissionRequest request) => MeetDefaults.Patch(request, cluster.OwnerOf);
}
