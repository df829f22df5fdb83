using MeetOperator.Contracts;
using MeetOperator.Kube.Client;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Nodes;

/// <summary>Why the API server did not take a media node's Pod, and what to do about it. Pure.</summary>
internal static class PodRefusal
{
    public static NodeProblem Explain(SfuNode node, KubeApiException refusal)
    {
        var (said, pool, place) = (refusal.Status.Message ?? refusal.Message, node.Spec.PoolRef.Name, node.Metadata.Namespace);
        return said.Contains("exceeded quota", StringComparison.Ordinal)
            ? new NodeProblem("QuotaExceeded", $"the ResourceQuota of namespace {place} has no room for the Pod: raise it, or lower spec.replicas or spec.template.resources of SfuPool {pool} ({said})")
            : said.Contains("PodSecurity", StringComparison.Ordinal)
            ? new NodeProblem("PodSecurityForbids", $"namespace {place} forbids ports on the machine, which media needs: kubectl label --overwrite namespace {place} pod-security.kubernetes.io/enforce=privileged ({said})")
            : new NodeProblem("PodRefused", $"the Pod was refused: change spec.template of SfuPool {pool} or what refuses it ({said})");
    }
}
