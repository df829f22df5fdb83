using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>Explains why the API server rejected a media node's Pod and what to do about it. Pure.</summary>
internal static class PodRejection
{
    public static NodeFailure Explain(SfuNode node, KubeApiException error)
    {
        var (message, pool, podNamespace) = (error.Status.Message ?? error.Message, node.Spec.PoolRef.Name, node.Metadata.Namespace);
        return message.Contains("exceeded quota", StringComparison.Ordinal)
            ? new NodeFailure("QuotaExceeded", $"the ResourceQuota of namespace {podNamespace} is exceeded: raise it, or lower spec.replicas or spec.template.resources of SfuPool {pool} ({message})")
            : message.Contains("PodSecurity", StringComparison.Ordinal)
            ? new NodeFailure("PodSecurityForbids", $"namespace {podNamespace} forbids host ports, which media needs: run kubectl label --overwrite namespace {podNamespace} pod-security.kubernetes.io/enforce=privileged ({message})")
            : new NodeFailure("PodRejected", $"the API server rejected the Pod: change spec.template of SfuPool {pool} or the policy that rejects it ({message})");
    }
}
