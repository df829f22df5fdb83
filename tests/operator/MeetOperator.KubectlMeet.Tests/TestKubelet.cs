using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Inside;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>Runs the Pods of checks in one namespace as a kubelet does, with the program in this process: their arguments, and variables from Secrets.</summary>
internal sealed class TestKubelet : IAsyncDisposable
{
    private readonly SampleCluster _cluster;
    private readonly string _namespace;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="cluster">The cluster.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="status">The status that it writes instead of running the program; null runs it.</param>
    public TestKubelet(SampleCluster cluster, string space, string? status = null)
    {
        (_cluster, _namespace) = (cluster, space);
        _running = Task.Run(() => RunAsync(status));
    }

    /// <summary>The Pods that it has seen.</summary>
    public List<Pod> Seen { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(string? status)
    {
        while (true)
        {
            var pods = await _cluster.Api.Client.ListAllAsync<Pod>(_namespace, new ListOptions { LabelSelector = $"{InsidePod.Label}={InsidePod.LabelValue}" }, _stop.Token);
            foreach (var pod in pods.Items.Where(pod => Seen.All(seen => seen.Metadata.Uid != pod.Metadata.Uid)))
            {
                await _cluster.Api.Client.ReplaceStatusAsync(pod, JsonNode.Parse(status ?? await RunAsync(pod))!, _stop.Token);
                Seen.Add(pod);
            }

            await Task.Delay(10, _stop.Token);
        }
    }

    private async Task<string> RunAsync(Pod pod)
    {
        var container = pod.Spec.Containers[0];
        var variables = new Dictionary<string, string>();
        foreach (var (name, key) in (container.Env ?? []).Select(variable => (variable.Name, variable.ValueFrom!.SecretKeyRef!)))
        {
            if ((await _cluster.Api.Client.TryGetAsync<Secret>(new NamespacedName(_namespace, key.Name!), _stop.Token))?.GetBytes(key.Key) is { } value)
            {
                variables[name] = Encoding.UTF8.GetString(value);
            }
        }

        Assert.Equal(("/app/kubectl-meet", "__check"), (Assert.Single(container.Command!), container.Args![0]));
        using var log = new StringWriter();
        Assert.True(await InsideProgram.TryRunAsync(container.Args.Skip(1), variables.GetValueOrDefault, log, TimeProvider.System, _stop.Token));
        _cluster.Log = log.ToString();
        return """{"phase": "Succeeded", "containerStatuses": [{"name": "check", "image": "i", "imageID": "i", "ready": false, "restartCount": 0, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]}""";
    }
}
