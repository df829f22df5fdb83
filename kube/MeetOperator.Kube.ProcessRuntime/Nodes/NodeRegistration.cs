using System.Globalization;
using System.Runtime.InteropServices;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.ProcessRuntime.Services;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime.Nodes;

/// <summary>Registers the Node object and renews its Lease.</summary>
internal sealed partial class NodeRegistration(KubeClient client, RuntimeServices services)
{
    private const string LeaseNamespace = "kube-node-lease";
    private static readonly ApplyOptions Apply = new() { FieldManager = "process-runtime", Force = true };

    public async Task RegisterAsync(CancellationToken ct)
    {
        var now = services.Time.GetUtcNow();
        var name = services.Options.NodeName;
        var node = new Node
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Labels = new Dictionary<string, string>
                {
                    ["kubernetes.io/hostname"] = name,
                    ["kubernetes.io/os"] = "linux",
                    ["kubernetes.io/arch"] = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64",
                },
            },
        };
        await client.ApplyAsync(node, Apply, ct).ConfigureAwait(false);
        var capacity = new Dictionary<string, string>
        {
            ["cpu"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            ["memory"] = (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1024).ToString(CultureInfo.InvariantCulture) + "Ki",
            ["pods"] = "253",
        };
        node.Status = new NodeStatus
        {
            Addresses =
            [
                new NodeAddress { Type = "InternalIP", Address = services.Options.HostIp },
                new NodeAddress { Type = "Hostname", Address = name },
            ],
            Capacity = capacity,
            Allocatable = capacity,
            Conditions =
            [
                new NodeCondition
                {
                    Type = "Ready", Status = "True", Reason = "RuntimeReady", Message = "The runtime is ready; Pods run as local processes", LastHeartbeatTime = now, LastTransitionTime = now,
                },
            ],
        };
        await client.ApplyAsync(node, Apply with { Subresource = "status" }, ct).ConfigureAwait(false);
        await client.ApplyAsync(new Namespace { Metadata = new ObjectMeta { Name = LeaseNamespace } }, Apply, ct).ConfigureAwait(false);
    }

    public async Task HeartbeatAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await client.ApplyAsync(
                    new Lease
                    {
                        Metadata = new ObjectMeta { Name = services.Options.NodeName, Namespace = LeaseNamespace },
                        Spec = new LeaseSpec
                        {
                            HolderIdentity = services.Options.NodeName,
                            LeaseDurationSeconds = (int)(services.Options.HeartbeatPeriod.TotalSeconds * 4),
                            RenewTime = services.Time.GetUtcNow(),
                        },
                    },
                    Apply,
                    ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException)
            {
                LogHeartbeatFailed(services.Logger, e);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }

            await services.DelayAsync(services.Options.HeartbeatPeriod, ct).ConfigureAwait(false);
        }
    }

    [LoggerMessage(1521, LogLevel.Warning, "The Lease of the node could not be renewed; the next heartbeat tries again")]
    private static partial void LogHeartbeatFailed(ILogger logger, Exception exception);
}
