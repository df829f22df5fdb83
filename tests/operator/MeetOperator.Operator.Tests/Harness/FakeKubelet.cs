using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>The kubelet of one cluster node. It assigns each Pod its own loopback address and runs a simulated media node or relay there.</summary>
internal sealed class FakeKubelet : IAsyncDisposable
{
    private static int _addresses = Random.Shared.Next(1 << 20);
    private static int _sidecarRestarts;
    private readonly KubeClient _client;
    private readonly Informer<Pod> _pods;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, SimulatedMediaNode> _nodes = new();
    private readonly ConcurrentDictionary<string, SimulatedRelay> _relays = new();
    private readonly ConcurrentDictionary<string, Task> _work = new();
    private readonly ConcurrentDictionary<(string ClusterNode, string? Protocol, int Port), string> _ports = new();
    private readonly ConcurrentDictionary<string, bool> _powerless = new();
    private readonly ConcurrentDictionary<string, bool> _killed = new();
    private readonly HttpClient _probe = new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions =
        {
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
        },
    }) { Timeout = TimeSpan.FromSeconds(1) };
    private readonly Task _running;
    private readonly Task _probing;
    private readonly IPAddress _host = NextAddress();

    /// <param name="client">The client that reads and writes Pods.</param>
    /// <param name="namespace">Restricts the kubelet to one namespace; null handles all, for a server without its own kubelet.</param>
    public FakeKubelet(KubeClient client, string? @namespace = null)
    {
        _client = client;
        _pods = new Informer<Pod>(client, new InformerOptions { Namespace = @namespace });
        _pods.OnChange(change =>
        {
            // Pods are handled one at a time, and changes of each Pod in order.
            _work.AddOrUpdate(change.Key.Name, _ => Task.Run(() => TakeAsync(change)), (_, before) => before.ContinueWith(_ => TakeAsync(change), TaskScheduler.Default).Unwrap());
        });
        _running = _pods.RunAsync(_stop.Token);
        _probing = ProbeAllAsync();
    }

    /// <summary>Name of the cluster node, which is set on the Pods that it runs.</summary>
    public string ClusterNode { get; set; } = "cluster-node-1";

    /// <summary>Additional cluster nodes. With <see cref="Schedules"/>, a Pod gets the first one on which its ports are free, like from a scheduler.</summary>
    public IReadOnlyList<string> OtherClusterNodes { get; set; } = [];

    /// <summary>While true, new Pods stay Pending.</summary>
    public bool Paused { get; set; }

    /// <summary>While true, a Pod is first scheduled and starts only once the Secret entries that its variables reference exist, as in a cluster.</summary>
    public bool Schedules { get; set; }

    /// <summary>Returns the status of a Pod that cannot start; null lets it run.</summary>
    public Func<Pod, JsonObject?>? PodFailure { get; set; }

    /// <summary>Changes a process before its Pod is reported as running.</summary>
    public Action<SimulatedMediaNode>? Starting { get; set; }

    public IReadOnlyCollection<SimulatedMediaNode> Nodes => [.. _nodes.Values];

    public SimulatedMediaNode Node(string name) => _nodes[name];

    public SimulatedRelay Relay(string name) => _relays[name];

    /// <summary>Adds a second container to every running Pod, as a service mesh does. It is not ready and has restarted often.</summary>
    public bool InjectsSidecars { get; set; }

    /// <summary>Kills the process without restarting it. Polls fail, and the container state shows it within a second.</summary>
    public Task KillAsync(string name)
    {
        _killed[name] = true;
        return _nodes[name].DieAsync();
    }

    /// <summary>Simulates a power failure of the cluster node: the process ends, and no kubelet reports it.</summary>
    public Task CutPowerAsync(string name)
    {
        _powerless[name] = true;
        return _nodes[name].DieAsync();
    }

    /// <summary>Simulates a network failure of the cluster node: the process continues, but nobody can reach it, and no kubelet reports its state.</summary>
    /// <returns>The process. When it is resumed, the network is back, and the kubelet has not ended the Pod yet.</returns>
    public SimulatedMediaNode Unplug(string name)
    {
        _powerless[name] = true;
        _nodes[name].Hang();
        return _nodes[name];
    }

    /// <summary>Kills the process and reports the Pod as failed, like a kubelet.</summary>
    public async Task FailAsync(string name)
    {
        var pod = _pods.List().Single(pod => pod.Metadata.Name == name);
        await _nodes[name].DieAsync();
        await StatusAsync(pod, new JsonObject { ["phase"] = "Failed", ["reason"] = "Error" });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _probing;
        await Task.WhenAll(_work.Values);
        _probe.Dispose();
        foreach (var node in _nodes.Values)
        {
            await node.DisposeAsync();
        }

        foreach (var relay in _relays.Values)
        {
            await relay.DisposeAsync();
        }
    }

    /// <summary>Updates the status of every running Pod once a second: its container state and the result of its readiness probe.</summary>
    private async Task ProbeAllAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAll(_pods.List().Where(pod => pod.Status?.Phase == "Running" && _nodes.ContainsKey(pod.Metadata.Name!) && !_powerless.ContainsKey(pod.Metadata.Name!)).Select(ProbeAsync));
        }
    }

    private async Task ProbeAsync(Pod pod)
    {
        try
        {
            var (ready, killed) = (false, _killed.ContainsKey(pod.Metadata.Name!));
            try
            {
                using var answer = await _probe.GetAsync(new Uri(_nodes[pod.Metadata.Name!].Address, "readyz"), _stop.Token);
                ready = answer.IsSuccessStatusCode;
            }
            catch (Exception silent) when (!_stop.IsCancellationRequested && silent is HttpRequestException or OperationCanceledException)
            {
                // Connection refused or timed out.
            }

            var found = pod.Status!.ContainerStatuses?.FirstOrDefault();
            if (found?.Ready != ready || (killed && found.State?.Terminated is null))
            {
                await StatusAsync(pod, new JsonObject { ["conditions"] = Ready(ready && !InjectsSidecars), ["containerStatuses"] = Containers(ready, killed, found?.State?.Running?.StartedAt) });
            }
        }
        catch (Exception missed) when (_stop.IsCancellationRequested || missed is KubeApiException or HttpRequestException or KeyNotFoundException)
        {
            // The Pod was changed or deleted, or the server is unavailable: the next probe updates it.
        }
    }

    private static JsonArray Ready(bool ready) => new(new JsonObject { ["type"] = "Ready", ["status"] = Text(ready) });

    private JsonArray Containers(bool ready, bool killed, DateTimeOffset? startedAt)
    {
        var state = killed ? new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = 137, ["reason"] = "Error" } } : new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Time(startedAt) } };
        var process = new JsonObject { ["name"] = "media-node", ["ready"] = ready, ["restartCount"] = 0, ["state"] = state };
        return InjectsSidecars ? new JsonArray(process, Sidecar()) : new JsonArray(process);
    }

    private static JsonObject Sidecar() => new()
    {
        ["name"] = "sidecar", ["ready"] = false, ["restartCount"] = Interlocked.Increment(ref _sidecarRestarts),
        ["state"] = new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "CrashLoopBackOff" } },
    };

    private static string Time(DateTimeOffset? time) => (time ?? TimeProvider.System.GetUtcNow()).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(bool ready) => ready ? "True" : "False";

    private async Task TakeAsync(InformerChange<Pod> change)
    {
        try
        {
            await RunAsync(change);
        }
        catch (Exception e) when (_stop.IsCancellationRequested || e is KubeApiException { IsNotFound: true } or KubeApiException { IsConflict: true })
        {
            // The Pod was deleted, or a newer change follows.
        }
    }

    private async Task RunAsync(InformerChange<Pod> change)
    {
        var name = change.Key.Name;
        if (change.New is not null && _powerless.ContainsKey(name))
        {
            return; // Without power, no kubelet ends the Pod.
        }

        if (change.New is not { } pod || pod.Metadata.DeletionTimestamp is not null)
        {
            foreach (var held in _ports.Where(entry => entry.Value == name))
            {
                _ports.TryRemove(held);
            }

            if (_nodes.TryRemove(name, out var leaving))
            {
                _killed.TryRemove(name, out _);
                await leaving.DisposeAsync();
            }

            if (_relays.TryRemove(name, out var relay))
            {
                await relay.DisposeAsync();
            }

            if (change.New is not null)
            {
                await _client.TryDeleteAsync<Pod>(change.Key, _stop.Token, new DeleteOptions { GracePeriodSeconds = 0, Uid = change.New.Metadata.Uid });
            }

            return;
        }

        if (Paused || pod.Status?.Phase is "Running" or "Failed")
        {
            return;
        }

        if (PodFailure?.Invoke(pod) is { } trouble)
        {
            if (pod.Status?.Phase is null or "" || pod.Status.Conditions is null or [] && pod.Status.ContainerStatuses is null or [])
            {
                await StatusAsync(pod, trouble);
            }

            return;
        }

        // A kubelet writes the hostIP when it accepts the Pod.
        if (pod.Status?.HostIp is null && (!Schedules || pod.Spec.NodeName is not null) && pod.Spec.Containers[0].Env?.Any(variable => variable.ValueFrom?.SecretKeyRef?.Key == "internalAddresses") == true)
        {
            await StatusAsync(pod, new JsonObject { ["phase"] = "Pending", ["hostIP"] = HostOf(pod) });
        }

        if (Schedules && !await MayStartAsync(pod))
        {
            return;
        }

        var address = pod.Spec.HostNetwork == true ? _host : NextAddress();
        var control = pod.Spec.Containers[0].Ports!.First(port => port.Name == "control").Port;
        if (pod.Metadata.Labels?[MeetLabels.Component] == MeetComponents.Turn)
        {
            await RunRelayAsync(pod, address, control);
            return;
        }

        if (!_nodes.ContainsKey(name))
        {
            if (await CredentialsAsync(pod) is not { } credentials)
            {
                return;
            }

            var node = await SimulatedMediaNode.StartAsync(name, credentials, new IPEndPoint(address, control));
            Starting?.Invoke(node);
            _nodes[name] = node;
        }
        else
        {
            address = IPAddress.Parse(_nodes[name].Address.Host);
        }

        await StatusAsync(pod, new JsonObject { ["phase"] = "Running", ["conditions"] = Ready(!InjectsSidecars), ["containerStatuses"] = Containers(ready: true, killed: false, null), ["podIP"] = address.ToString(), ["hostIP"] = HostOf(pod) });
    }

    private string HostOf(Pod pod) => pod.Spec.HostNetwork == true ? _host.ToString() : "127.0.0.1";

    private async Task RunRelayAsync(Pod pod, IPAddress address, int control)
    {
        var name = pod.Metadata.Name!;
        if (_relays.ContainsKey(name) || await CredentialsAsync(pod) is not { } credentials)
        {
            return;
        }

        _relays[name] = await SimulatedRelay.StartAsync(name, credentials, new IPEndPoint(address, control));
        await StatusAsync(pod, new JsonObject { ["phase"] = "Running", ["conditions"] = Ready(ready: true), ["podIP"] = address.ToString(), ["hostIP"] = "127.0.0.1" });
    }

    private async Task<bool> MayStartAsync(Pod pod)
    {
        if (pod.Spec.NodeName is null)
        {
            if (OtherClusterNodes.Prepend(ClusterNode).FirstOrDefault(clusterNode => Take(clusterNode, pod)) is { } free)
            {
                await _client.MergePatchAsync<Pod>(pod.Metadata.NamespacedName, new JsonObject { ["spec"] = new JsonObject { ["nodeName"] = free } }, _stop.Token);
            }

            return false;
        }

        foreach (var wanted in pod.Spec.Containers[0].Env!.Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<SecretKeySelector>())
        {
            if (await SecretAsync(pod, wanted.Name!, wanted.Key) is null)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<NodeCredentials?> CredentialsAsync(Pod pod)
    {
        var texts = new List<string>();
        foreach (var name in (string[])["MEET_NODE_CERTIFICATE", "MEET_NODE_KEY", "MEET_NODE_AUTHORITIES"])
        {
            var from = pod.Spec.Containers[0].Env!.Single(variable => variable.Name == name).ValueFrom!.SecretKeyRef!;
            if (await SecretAsync(pod, from.Name!, from.Key) is not { } secret)
            {
                return null;
            }

            texts.Add(System.Text.Encoding.UTF8.GetString(secret.GetBytes(from.Key)!));
        }

        return new NodeCredentials { Certificate = texts[0], Key = texts[1], Authorities = texts[2] };
    }

    /// <summary>Waits until the Secret entries that a container references exist; null when the Pod is deleted in the meantime.</summary>
    private async Task<Secret?> SecretAsync(Pod pod, string name, string key)
    {
        while ((await _client.GetAsync<Pod>(pod.Metadata.NamespacedName, _stop.Token)) is { Metadata.DeletionTimestamp: null })
        {
            if (await _client.TryGetAsync<Secret>(new NamespacedName(pod.Metadata.Namespace, name), _stop.Token) is { } secret && secret.GetBytes(key) is not null)
            {
                return secret;
            }

            await Task.Delay(20, _stop.Token);
        }

        return null;
    }

    private bool Take(string clusterNode, Pod pod)
    {
        var wanted = pod.Spec.Containers[0].Ports!.Where(port => port.HostPort is not null).Select(port => (clusterNode, port.Protocol, port.HostPort!.Value)).ToArray();
        lock (_ports)
        {
            return !wanted.Any(_ports.ContainsKey) && wanted.All(port => _ports.TryAdd(port, pod.Metadata.Name!));
        }
    }

    private Task<Pod> StatusAsync(Pod pod, JsonObject status) => _client.MergePatchAsync<Pod>(
        pod.Metadata.NamespacedName, new JsonObject { ["status"] = status }, _stop.Token, new WriteOptions { Subresource = "status" });

    private static IPAddress NextAddress()
    {
        var next = Interlocked.Increment(ref _addresses);
        return new IPAddress([127, (byte)(10 + (next >> 15 & 0x3F)), (byte)(next >> 7), (byte)(1 + (next & 0x7F))]);
    }
}
