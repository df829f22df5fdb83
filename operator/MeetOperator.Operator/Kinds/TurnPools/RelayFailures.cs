using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Explains why a relay cannot be created or does not run, and what to do about it. Pure.</summary>
internal static class RelayFailures
{
    private static readonly string[] ImageReasons =
        ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"];

    /// <summary>Why the API server refused the Pod or its Secret.</summary>
    public static NodeFailure Explain(TurnPool pool, KubeApiException error)
    {
        var (message, name, @namespace) = (error.Status.Message ?? error.Message, pool.Metadata.Name, pool.Metadata.Namespace);
        return message.Contains("exceeded quota", StringComparison.Ordinal) || message.Contains("failed quota", StringComparison.Ordinal)
            ? new NodeFailure("QuotaExceeded", $"the ResourceQuota of namespace {@namespace} does not allow another relay: raise it, or lower {CountField(pool)} or change spec.resources of TurnPool {name} ({message})")
            : message.Contains("PodSecurity", StringComparison.Ordinal)
            ? new NodeFailure("PodSecurityForbids", $"namespace {@namespace} forbids host ports, which relays need: run kubectl label --overwrite namespace {@namespace} pod-security.kubernetes.io/enforce=privileged ({message})")
            : new NodeFailure("PodRejected", $"the API server refused a relay: change the spec of TurnPool {name}, or the policy that refuses it ({message})");
    }

    /// <summary>The field that limits the number of relays.</summary>
    public static string CountField(TurnPool pool) => pool.Spec.Autoscaling is null ? "spec.replicas" : "spec.autoscaling.max";

    /// <summary>Why the Pod does not run; null while it runs or starts normally.</summary>
    public static NodeFailure? Find(TurnPool pool, Pod pod)
    {
        if (pod.Status?.Conditions?.FirstOrDefault(condition => condition is { Type: "PodScheduled", Status: "False" }) is { } unscheduled)
        {
            return Unscheduled(pool, unscheduled.Message ?? unscheduled.Reason ?? string.Empty);
        }

        var status = pod.Status?.ContainerStatuses?.FirstOrDefault(container => container.State?.Waiting is not null);
        return status?.State?.Waiting is { Reason: { } reason } waiting ? Waiting(pod, status, reason, waiting.Message) : null;
    }

    private static NodeFailure Unscheduled(TurnPool pool, string message) => message.Contains("free ports", StringComparison.Ordinal)
        ? new NodeFailure(
            "PortsTaken",
            $"port {string.Join(" or ", pool.Spec.Listeners.Select(one => one.Port).Distinct())} is in use on every cluster node that could run the relay, and each relay needs a cluster node of its own: lower {CountField(pool)} of TurnPool {pool.Metadata.Name}, add cluster nodes, or change the port in spec.listeners ({message})")
        : new NodeFailure("Unschedulable", $"no cluster node can run the relay: add cluster nodes, or change spec.nodeSelector or spec.resources of TurnPool {pool.Metadata.Name} ({message})");

    private static NodeFailure? Waiting(Pod pod, ContainerStatus status, string reason, string? message)
    {
        if (ImageReasons.Contains(reason, StringComparer.Ordinal))
        {
            return new NodeFailure(
                "ImageUnavailable",
                $"image {pod.Spec.Containers.FirstOrDefault()?.Image} cannot be pulled: correct MEET_TURN_IMAGE of the operator, or add imagePullSecrets to the default service account of namespace {pod.Metadata.Namespace} ({reason}: {message})");
        }

        return reason switch
        {
            "CreateContainerError" or "RunContainerError" => new NodeFailure("ContainerNotStarted", $"the container cannot be started: {message}"),
            "CrashLoopBackOff" => new NodeFailure(
                "Crashing", $"the process exits right after it starts ({Ended(status)}): run kubectl logs --previous -n {pod.Metadata.Namespace} {pod.Metadata.Name}"),
            _ => null,
        };
    }

    private static string Ended(ContainerStatus status) => status.LastState?.Terminated is { } last ? $"exit code {last.ExitCode}, {last.Reason}" : $"{status.RestartCount} restarts";
}
