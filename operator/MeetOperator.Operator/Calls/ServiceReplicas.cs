using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Marks the replicas of signaling and of the operator on a lost machine as not ready, so that Services send nothing there. Kubernetes does the same about 40 s after the kubelet's
/// last heartbeat. If the machine is not lost, its kubelet restores the status within seconds.
/// </summary>
/// <param name="client">The API server.</param>
/// <param name="namespace">Namespace of the operator and signaling.</param>
/// <param name="logger">The log.</param>
/// <param name="time">The clock.</param>
internal sealed partial class ServiceReplicas(KubeClient client, string @namespace, ILogger<ServiceReplicas> logger, TimeProvider time) : IDisposable
{
    private const string Ready = "Ready";

    /// <summary>How long to wait for the API server. A connection to one that is gone fails only much later.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private static readonly ListOptions Replicas = new() { LabelSelector = $"{MeetLabels.Component} in ({MeetComponents.Operator},{MeetComponents.Signaling})" };
    private static readonly ApplyOptions Apply = new() { FieldManager = FieldManagers.Operator, Force = true, Subresource = "status" };

    /// <summary>Two machines are handled one after the other, so that each sees what was marked before.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Marks those on <paramref name="machine"/>, except a component that has no ready replica elsewhere. Logs what fails: the next probe of the machine tries again.</summary>
    public async Task MarkNotReadyAsync(string machine, CancellationToken ct)
    {
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            using var limit = new CancellationTokenSource(Timeout, time);
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            var pods = await client.ListAllAsync<Pod>(@namespace, Replicas, bounded.Token).ConfigureAwait(false);
            foreach (var component in pods.Items.Where(IsReady).GroupBy(static pod => pod.Metadata.Labels![MeetLabels.Component], StringComparer.Ordinal))
            {
                var there = component.Where(pod => pod.Spec.NodeName == machine).ToArray();
                if (there.Length == component.Count())
                {
                    continue;
                }

                foreach (var pod in there)
                {
                    await client.ApplyAsync<Pod>(pod.Metadata.NamespacedName, NotReady(machine), Apply, bounded.Token).ConfigureAwait(false);
                    LogMarked(pod.Metadata.Name!, machine);
                }
            }
        }
        catch (Exception failed) when (failed is KubeApiException or HttpRequestException or IOException or TimeoutException || (failed is OperationCanceledException && !ct.IsCancellationRequested))
        {
            LogFailed(machine, failed.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static bool IsReady(Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Conditions?.Any(static condition => condition is { Type: Ready, Status: "True" }) == true;

    private JsonObject NotReady(string machine) => new()
    {
        ["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = Ready,
                ["status"] = "False",
                ["reason"] = "MachineLost",
                ["message"] = $"neither the operator nor the API server reaches cluster node {machine}",
                ["lastTransitionTime"] = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            }),
        },
    };

    [LoggerMessage(2125, LogLevel.Warning, "Pod {Pod} is on the lost cluster node {Machine} and gets no new connections: it is marked as not ready.")]
    private partial void LogMarked(string pod, string machine);

    [LoggerMessage(2126, LogLevel.Warning, "Replicas on the lost cluster node {Machine} could not be marked as not ready, so some new connections still go there: {Reason}")]
    private partial void LogFailed(string machine, string reason);
}
