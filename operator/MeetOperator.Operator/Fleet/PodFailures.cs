using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>Explains why a Pod does not run and what to do about it. Pure.</summary>
internal static class PodFailures
{
    /// <summary>The kubelet waits for a Secret that does not exist.</summary>
    public const string SettingsMissing = "SettingsMissing";
    private static readonly string[] ImageReasons =
        ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"];

    /// <summary>Returns null while the Pod starts normally.</summary>
    public static NodeFailure? Find(SfuNode node, Pod pod)
    {
        if (pod.Status?.Conditions?.FirstOrDefault(condition => condition is { Type: "PodScheduled", Status: "False" }) is { } unscheduled)
        {
            return Unscheduled(node, unscheduled.Message ?? unscheduled.Reason ?? string.Empty);
        }

        var status = pod.Status?.ContainerStatuses?.FirstOrDefault(container => container.State?.Waiting is not null);
        return status?.State?.Waiting is { Reason: { } reason } waiting ? Waiting(node, pod, status, reason, waiting.Message) : null;
    }

    private static NodeFailure Unscheduled(SfuNode node, string message) => message.Contains("free ports", StringComparison.Ordinal)
        ? new NodeFailure(
            "PortsTaken",
            $"UDP ports {string.Join(", ", node.Spec.UdpPorts)} are in use on every cluster node that could run the Pod: change spec.exposure.portRange of SfuPool {node.Spec.PoolRef.Name}, or stop the processes that use these ports ({message})")
        : new NodeFailure(
            "Unschedulable",
            $"no cluster node can run the Pod: add cluster nodes, or change spec.template (nodeSelector, tolerations, resources) of SfuPool {node.Spec.PoolRef.Name} ({message})");

    private static NodeFailure? Waiting(SfuNode node, Pod pod, ContainerStatus status, string reason, string? message)
    {
        var pool = node.Spec.PoolRef.Name;
        if (ImageReasons.Contains(reason, StringComparer.Ordinal))
        {
            return new NodeFailure(
                "ImageUnavailable",
                $"image {pod.Spec.Containers.FirstOrDefault()?.Image} cannot be pulled: correct spec.image or spec.version of SfuPool {pool}, or add imagePullSecrets to the default service account of namespace {node.Metadata.Namespace} ({reason}: {message})");
        }

        return reason switch
        {
            "CreateContainerConfigError" => new NodeFailure(SettingsMissing, $"the container waits for its Secret, which is being created: {message}") { RequiresIntervention = false },
            "CreateContainerError" or "RunContainerError" => new NodeFailure("ContainerNotStarted", $"the container cannot be started: {message}"),
            "CrashLoopBackOff" => new NodeFailure(
                "Crashing",
                $"the process exits right after it starts ({Ended(status)}): run kubectl logs --previous -n {node.Metadata.Namespace} {node.Metadata.Name}"),
            _ => null,
        };
    }

    private static string Ended(ContainerStatus status) => status.LastState?.Terminated is { } last ? $"exit code {last.ExitCode}, {last.Reason}" : $"{status.RestartCount} restarts";
}
