using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>The kubelet of one clusterNode: gives each Pod an address of its own on loopback and runs a simulated media node for it there.</summary>
internal sealed class FakeKubelet : IAsyncDisposable
{
    private static int _addresses = Random.Shared.Next(1 << 20);
    private static int _sidecarRestarts;
    private readonly KubeClient _client;
    private readonly Informer<Pod> _pods;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, SimulatedMediaNode> _nodes = new();
    private readonly ConcurrentDictionary<string, Task> _work = new();
    private readonly ConcurrentDictionary<(string ClusterNode, int Port), string> _ports = new();
    private readonly ConcurrentDictionary<string, bool> _powerless = new();
    private readonly ConcurrentDictionary<string, bool> _killed = new();
    private readonly HttpClient _probe = new(new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } }) { Timeout = TimeSpan.FromSeconds(1) };
    private readonly Task _running;
    private readonly Task _probing;
    private readonly IPAddress _host = NextAddress();

    /// <param name="client">Reads and writes Pods.</param>
    /// <param name="namespace">Only Pods of this namespace; null is all, for a server that has no kubelet of its own.</param>
    public FakeKubelet(KubeClient client, string? @namespace = null)
    {
        _client = client;
        _pods = new Informer<Pod>(client, new InformerOptions { Namespace = @namespace });
        _pods.OnChange(change =>
        {
            // One pod after the other, changes of one pod in order.
            _work.AddOrUpdate(change.Key.Name, _ => Task.Run(() => TakeAsync(change)), (_, before) => before.ContinueWith(_ => TakeAsync(change), TaskScheduler.Default).Unwrap());
        });
        _running = _pods.RunAsync(_stop.Token);
        _probing = ProbeAllAsync();
    }

    /// <summary>Name of the clusterNode; Pods that it runs carry it.</summary>
    public string ClusterNode { get; set; } = "clusterNode-1";

    /// <summary>Further clusterNodes: with <see cref="Schedules"/> a Pod gets the first on which its ports are free, as from a scheduler.</summary>
    public IReadOnlyList<string> OtherMachines { get; set; } = [];

    /// <summary>While true, new Pods stay Pending.</summary>
    public bool Paused { get; set; }

    /// <summary>While true, a Pod is first given the clusterNode's name and starts only once the variables that it takes from Secrets exist, as in a cluster.</summary>
    public bool Schedules { get; set; }

    /// <summary>Gives the status of a Pod that does not come to run; null lets it run.</summary>
    public Func<Pod, JsonObject?>? Trouble { get; set; }

    public IReadOnlyCollection<SimulatedMediaNode> Nodes => [.. _nodes.Values];

    public SimulatedMediaNode Node(string name) => _nodes[name];

    /// <summary>Adds a second container to every Pod that runs, as a service mesh does; it is not ready and was started again often.</summary>
    public bool InjectsSidecars { get; set; }

    /// <summary>Kills the process: polls find nobody, the container's state says so within a second, and nothing is started again.</summary>
    public Task KillAsync(string name)
    {
        _killed[name] = true;
        return _nodes[name].DieAsync();
    }

    /// <summary>The clusterNode loses its power: the process is gone, and no kubelet says so.</summary>
    public Task LosePowerAsync(string name)
    {
        _powerless[name] = true;
        return _nodes[name].DieAsync();
    }

    /// <summary>Kills the process and reports the Pod as failed, as a kubelet does.</summary>
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
    }

    /// <summary>What every Pod that runs is found to be, once a second: its container's state, and the readiness probe that its spec asks for.</summary>
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
                // Refused, or not answered in time.
            }

            var found = pod.Status!.ContainerStatuses?.FirstOrDefault();
            if (found?.Ready != ready || (killed && found.State?.Terminated is null))
            {
                await StatusAsync(pod, new JsonObject { ["conditions"] = Ready(ready && !InjectsSidecars), ["containerStatuses"] = Containers(ready, killed, found?.State?.Running?.StartedAt) });
            }
        }
        catch (Exception missed) when (_stop.IsCancellationRequested || missed is KubeApiException or HttpRequestException or KeyNotFoundException)
        {
            // The Pod has changed or is gone, or the server is away: the next probe tells.
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
            // The Pod is gone, or a newer state of it comes next.
        }
    }

    private async Task RunAsync(InformerChange<Pod> change)
    {
        var name = change.Key.Name;
        if (change.New is not null && _powerless.ContainsKey(name))
        {
            return; // Nobody ends the Pod of a clusterNode without power.
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

        if (Trouble?.Invoke(pod) is { } trouble)
        {
            if (pod.Status?.Phase is null or "" || pod.Status.Conditions is null or [] && pod.Status.ContainerStatuses is null or [])
            {
                await StatusAsync(pod, trouble);
            }

            return;
        }

        if (Schedules && !await MayStartAsync(pod))
        {
            return;
        }

        var address = pod.Spec.HostNetwork == true ? _host : NextAddress();
        var control = pod.Spec.Containers[0].Ports!.First(port => port.Name == "control").Port;
        if (!_nodes.ContainsKey(name))
        {
            if (await CredentialsAsync(pod) is not { } credentials)
            {
                return;
            }

            _nodes[name] = await SimulatedMediaNode.StartAsync(name, credentials, new IPEndPoint(address, control));
        }
        else
        {
            address = IPAddress.Parse(_nodes[name].Address.Host);
        }

        await StatusAsync(pod, new JsonObject { ["phase"] = "Running", ["conditions"] = Ready(!InjectsSidecars), ["containerStatuses"] = Containers(ready: true, killed: false, null), ["podIP"] = address.ToString(), ["hostIP"] = pod.Spec.HostNetwork == true ? _host.ToString() : "127.0.0.1" });
    }

    private async Task<bool> MayStartAsync(Pod pod)
    {
        if (pod.Spec.NodeName is null)
        {
            if (OtherMachines.Prepend(ClusterNode).FirstOrDefault(clusterNode => Take(clusterNode, pod)) is { } free)
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

    /// <summary>A container starts only once the entries that it takes from Secrets exist; null when the Pod goes meanwhile.</summary>
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
        var wanted = pod.Spec.Containers[0].Ports!.Where(port => port.HostPort is not null).Select(port => (clusterNode, port.HostPort!.Value)).ToArray();
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
        return new IPAddress([127, (byte)(10 + (next >> 16 & 0x3F)), (byte)(next >> 8), (byte)(1 + (next & 0x7F))]);
    }
}
