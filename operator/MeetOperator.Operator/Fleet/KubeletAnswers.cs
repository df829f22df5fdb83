using MeetOperator.Kube.Client.Errors;

namespace MeetOperator.Operator.Fleet;

/// <summary>Tells from an error of the API server whether the machine of the kubelet answered. Pure.</summary>
internal static class KubeletAnswers
{
    /// <summary>
    /// What the API server reports when its connection to a kubelet is not established: texts of Go's net package, or of a konnectivity tunnel. A machine that
    /// refuses the connection is running.
    /// </summary>
    private static readonly string[] Unreachable = ["i/o timeout", "no route to host", "connection timed out", "host is down", "dial timeout"];

    public static KubeletAnswer Of(KubeApiException error) =>
        error.IsForbidden ? KubeletAnswer.Forbidden
        : error.Code >= 500 && IsUnreachable(error.Status.Message ?? string.Empty) ? KubeletAnswer.None
        : KubeletAnswer.Other;

    /// <summary>A kubelet's own errors may mention a timeout too: of the container runtime's socket, for example. A timeout of the API server's DNS shows nothing about the machine.</summary>
    private static bool IsUnreachable(string message) =>
        (message.Contains("dial tcp", StringComparison.Ordinal) || message.Contains("dial timeout", StringComparison.Ordinal))
        && !message.Contains("lookup ", StringComparison.Ordinal)
        && Unreachable.Any(text => message.Contains(text, StringComparison.Ordinal));
}
