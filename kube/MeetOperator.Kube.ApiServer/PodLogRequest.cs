namespace MeetOperator.Kube.ApiServer;

/// <summary>What <c>kubectl logs</c> asks for.</summary>
/// <param name="Namespace">Namespace of the Pod.</param>
/// <param name="Pod">Name of the Pod.</param>
/// <param name="Container">The container, already resolved when the Pod has only one.</param>
/// <param name="Follow">Keep the stream open and append.</param>
/// <param name="Previous">The log of the run before the last restart.</param>
/// <param name="TailLines">Only the last lines; null is all.</param>
/// <param name="Timestamps">Prefix each line with its time (RFC 3339).</param>
/// <param name="SinceTime">Only lines from then on.</param>
/// <param name="LimitBytes">Stop after so many bytes.</param>
public sealed record PodLogRequest(
    string Namespace,
    string Pod,
    string Container,
    bool Follow,
    bool Previous,
    int? TailLines,
    bool Timestamps,
    DateTimeOffset? SinceTime,
    long? LimitBytes);
