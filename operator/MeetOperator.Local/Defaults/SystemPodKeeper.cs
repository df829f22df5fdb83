using System.Threading.Channels;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime.Informers;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Local.Defaults;

/// <summary>Recreates the Pods of operator and signaling after they are deleted, as their Deployments do on a cluster.</summary>
internal sealed partial class SystemPodKeeper(KubeClient client, IReadOnlyList<Pod> pods, ILogger<SystemPodKeeper> logger)
{
    /// <summary>Runs until <paramref name="ct"/> is canceled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var deleted = Channel.CreateUnbounded<string>();
        var informer = new Informer<Pod>(client, new InformerOptions { Namespace = LocalNames.SystemNamespace });
        using var subscription = informer.OnChange(change =>
        {
            if (change.Type == InformerChangeType.Deleted)
            {
                deleted.Writer.TryWrite(change.Key.Name);
            }
        });
        var observing = informer.RunAsync(ct);
        try
        {
            await foreach (var name in deleted.Reader.ReadAllAsync(ct).ConfigureAwait(false))
            {
                await RecreateAsync(name, ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await observing.ConfigureAwait(false);
        }
    }

    private async Task RecreateAsync(string name, CancellationToken ct)
    {
        if (pods.FirstOrDefault(pod => pod.Metadata.Name == name) is not { } pod)
        {
            return;
        }

        try
        {
            await client.CreateAsync(pod, ct).ConfigureAwait(false);
            LogRecreated(logger, name);
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            LogRecreated(logger, name); // Created concurrently; it only matters that the Pod exists.
        }
        catch (KubeApiException e)
        {
            // For example because the whole namespace is being deleted. The next `meet up` creates the Pod.
            LogNotRecreated(logger, name, e.Message);
        }
    }

    [LoggerMessage(EventId = 5111, Level = LogLevel.Information, Message = "Pod {Pod} was deleted and has been recreated.")]
    private static partial void LogRecreated(ILogger logger, string pod);

    [LoggerMessage(EventId = 5112, Level = LogLevel.Warning, Message = "Pod {Pod} was deleted and could not be recreated: {Reason}")]
    private static partial void LogNotRecreated(ILogger logger, string pod, string reason);
}
