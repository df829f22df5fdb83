namespace MeetOperator.Kube.ApiServer.Settings;

/// <summary>A request for a container log, as <c>kubectl logs</c> sends it.</summary>
/// <param name="Namespace">Namespace of the Pod.</param>
/// <param name="Pod">Name of the Pod.</param>
/// <param name="Container">Name of the container; already resolved if the request named none and the Pod has only one.</param>
/// <param name="Follow">Keep the stream open and append new lines.</param>
/// <param name="Previous">The log of the run before the last restart.</param>
/// <param name="TailLines">Number of lines from the end; null returns all lines.</param>
/// <param name="Timestamps">Prefix each line with its time (RFC 3339).</param>
/// <param name="SinceTime">Only lines written at or after this time.</param>
/// <param name="LimitBytes">Maximum number of bytes to return.</param>
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
