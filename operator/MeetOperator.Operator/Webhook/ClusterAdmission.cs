using System.Text.Json.Nodes;
using MeetOperator.Kube;
using MeetOperator.Operator.Admission;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Pools;

namespace MeetOperator.Operator.Webhook;

/// <summary>Admission in a cluster: <see cref="MeetAdmission"/> judges, then what other objects and the installation say of it; the rest becomes defaults and warnings.</summary>
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

        var refused = _pools.Review(request);
        return refused.Count > 0 ? new AdmissionDecision(refused) : decision with { Warnings = _warnings.Of(request) };
    }

    public JsonArray? Default(AdmissionRequest request) => MeetDefaults.Patch(request, _cluster.OwnerOf);
}
