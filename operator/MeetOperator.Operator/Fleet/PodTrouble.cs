using MeetOperator.Contracts;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>Why a Pod that was made does not run, in words that say what to do. Pure.</summary>
internal static class PodTrouble
{
    /// <summary>The kubelet waits for a Secret that is not there.</summary>
    public const string SettingsMissing = "SettingsMissing";
    private static readonly string[] ImageReasons =
        ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"];

    /// <summary>Null while the Pod is on its way as usual.</summary>
    public static NodeProblem? Of(SfuNode node, Pod pod)
    {
        if (pod.Status?.Conditions?.FirstOrDefault(condition => condition is { Type: "PodScheduled", Status: "False" }) is { } unscheduled)
        {
            return Unscheduled(node, unscheduled.Message ?? unscheduled.Reason ?? string.Empty);
        }

        var status = pod.Status?.ContainerStatuses?.FirstOrDefault(container => container.State?.Waiting is not null);
        return status?.State?.Waiting is { Reason: { } reason } waiting ? Waiting(node, pod, status, reason, waiting.Message) : null;
    }

    private static NodeProblem Unscheduled(SfuNode node, string message) => message.Contains("free ports", StringComparison.Ordinal)
        ? new NodeProblem(
            "PortsTaken",
            $"UDP ports {string.Join(", ", node.Spec.UdpPorts)} are taken on the cluster nodes that could run the Pod: give SfuPool {node.Spec.PoolRef.Name} another spec.exposure.portRange, or end what uses them ({message})")
        : new NodeProblem(
            "Unschedulable",
            $"no cluster node takes the Pod: add cluster nodes, or change spec.template (nodeSelector, tolerations, resources) of SfuPool {node.Spec.PoolRef.Name} ({message})");

    private static NodeProblem? Waiting(SfuNode node, Pod pod, ContainerStatus status, string reason, string? message)
    {
        var pool = node.Spec.PoolRef.Name;
        if (ImageReasons.Contains(reason, StringComparer.Ordinal))
        {
            return new NodeProblem(
                "ImageUnavailable",
                $"image {pod.Spec.Containers.FirstOrDefault()?.Image} cannot be pulled: correct spec.image or spec.version of SfuPool {pool}, or give the default service account of namespace {node.Metadata.Namespace} imagePullSecrets ({reason}: {message})");
        }

        return reason switch
        {
            "CreateContainerConfigError" => new NodeProblem(SettingsMissing, $"the container waits for its Secret, which is being made: {message}") { NeedsPeople = false },
            "CreateContainerError" or "RunContainerError" => new NodeProblem("ContainerRefused", $"the container cannot be started: {message}"),
            "CrashLoopBackOff" => new NodeProblem(
                "Crashing",
                $"the process ends as soon as it starts ({Ended(status)}): see kubectl logs --previous -n {node.Metadata.Namespace} {node.Metadata.Name}"),
            _ => null,
        };
    }

    private static string Ended(ContainerStatus status) => status.LastState?.Terminated is { } last ? $"exit code {last.ExitCode}, {last.Reason}" : $"{status.RestartCount} restarts";
}
