using System.Threading.Channels;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Asks the API server for a line of the log of a media node that does not answer, and of a healthy one on another machine. The API server reads both from the kubelets, so
/// this shows within seconds whether the machine is lost. Asks nothing while all media nodes answer.
/// </summary>
/// <param name="fleet">The media nodes.</param>
/// <param name="wakeups">Starts the probes.</param>
/// <param name="connect">
/// Creates a client for one probe, with the given timeout. Both requests use one connection where the API server supports HTTP/2, so that the control shows that this server answers,
/// and the next probe does not use a connection to a server that is gone.
/// </param>
/// <param name="replicas">The replicas of signaling and the operator, which may be on the lost machine.</param>
/// <param name="health">Watches the loop.</param>
/// <param name="logger">The log.</param>
/// <param name="time">The clock.</param>
internal sealed partial class MachineProber(
    MediaFleet fleet, FleetWakeups wakeups, Func<TimeSpan, KubeClient> connect, ServiceReplicas replicas, LoopHealth health, ILogger<MachineProber> logger, TimeProvider time)
{
    /// <summary>Name of the loop in metrics.</summary>
    public const string LoopName = "machine-probe";

    /// <summary>Number of machines that are probed at the same time.</summary>
    private const int MaxInFlight = 8;

    /// <summary>How long the API server may take to connect to a kubelet and to get its answer.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan RetryTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>The interval for a machine that has been silent for a while, which is probably not lost: only the operator does not reach it.</summary>
    private static readonly TimeSpan LongInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongSilence = TimeSpan.FromMinutes(1);

    /// <summary>How often to look for further silent machines and for controls while a machine is silent.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>A step of the clock, or a pause of this process, from which on a result does not count: an answer may have arrived and not been read.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(500);
    private readonly Dictionary<string, (long StartedAt, Task Running)> _probes = new(StringComparer.Ordinal);
    private int _round;
    private int _hasLoggedRight;

    /// <summary>Probes machines until <paramref name="ct"/> is canceled, which also cancels the requests.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var heartbeat = health.Begin(LoopName, TimeSpan.FromMinutes(2));
        var silent = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        wakeups.NodeSilent = () => silent.Writer.TryWrite(true);
        try
        {
            while (!ct.IsCancellationRequested)
            {
                heartbeat.Beat();
                var nodes = fleet.FindMachines();
                StartProbes(nodes, ct);
                if (nodes.Any(static node => node is { UnansweredSince: not null, HasServed: true }))
                {
                    await Task.Delay(Tick, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    continue;
                }

                heartbeat.MarkIdle();
                await silent.Reader.ReadAsync(ct).ConfigureAwait(false);
            }
        }
        finally
        {
            wakeups.NodeSilent = static () => { };
            await Task.WhenAll(_probes.Values.Select(static probe => probe.Running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _probes.Clear();
        }
    }

    private void StartProbes(IReadOnlyList<MachineNode> nodes, CancellationToken ct)
    {
        var silent = nodes.Where(static node => node.UnansweredSince is not null).Select(static node => node.Machine).ToHashSet(StringComparer.Ordinal);
        foreach (var machine in _probes.Where(probe => probe.Value.Running.IsCompleted && !silent.Contains(probe.Key)).Select(static probe => probe.Key).ToArray())
        {
            _probes.Remove(machine);
        }

        foreach (var probe in MachineProbeRules.FindDue(nodes, _round).OrderBy(probe => _probes.GetValueOrDefault(probe.Machine).StartedAt))
        {
            var isRunning = _probes.TryGetValue(probe.Machine, out var last) && !last.Running.IsCompleted;
            var interval = time.GetElapsedTime(probe.UnansweredSince) < LongSilence ? Interval : LongInterval;
            if (isRunning || (last.Running is not null && time.GetElapsedTime(last.StartedAt) < interval) || _probes.Values.Count(static other => !other.Running.IsCompleted) >= MaxInFlight)
            {
                continue;
            }

            _round = (_round + 1) & int.MaxValue;
            _probes[probe.Machine] = (time.GetTimestamp(), Task.Run(() => ProbeAsync(probe, ct), CancellationToken.None));
        }
    }

    private async Task ProbeAsync(MachineProbe probe, CancellationToken ct)
    {
        try
        {
            using var round = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var watch = HasRunWithoutPauseAsync(round.Token);
            var (answer, control) = await AskAsync(probe, ct).ConfigureAwait(false);
            await round.CancelAsync().ConfigureAwait(false);
            if (!await watch.ConfigureAwait(false) || ct.IsCancellationRequested)
            {
                return;
            }

            if ((answer == KubeletAnswer.Forbidden || control == KubeletAnswer.Forbidden) && Interlocked.Exchange(ref _hasLoggedRight, 1) == 0)
            {
                LogForbidden();
            }

            var (isLost, isNew) = fleet.RecordProbe(probe, answer, control);
            if (isNew)
            {
                LogLost(probe.Machine, probe.Pod, probe.Control);
            }

            if (isLost)
            {
                await replicas.MarkNotReadyAsync(probe.Machine, ct).ConfigureAwait(false);
            }
        }
        catch (Exception unforeseen) when (!ct.IsCancellationRequested)
        {
            LogUnforeseen(unforeseen, probe.Machine);
        }
    }

    /// <summary>The answers about the machine and the control, which is asked at the same time, and once more when the machine has not answered.</summary>
    private async Task<(KubeletAnswer Machine, KubeletAnswer Control)> AskAsync(MachineProbe probe, CancellationToken ct)
    {
        using var client = connect(Timeout);
        var asked = AskAsync(client, probe.Control, ct);
        var answer = await AskAsync(client, probe.Pod, ct).ConfigureAwait(false);
        var control = await asked.ConfigureAwait(false);
        return (answer, answer == KubeletAnswer.None && control == KubeletAnswer.Log ? await AskAsync(client, probe.Control, ct).ConfigureAwait(false) : control);
    }

    /// <summary>Asks for a line of the log of one Pod. Its text does not matter, so it is not read.</summary>
    private async Task<KubeletAnswer> AskAsync(KubeClient client, NamespacedName pod, CancellationToken ct)
    {
        // The client's own timeout comes first, unless it waits to repeat the request.
        using var limit = new CancellationTokenSource(Timeout + RetryTimeout, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            var options = new LogOptions { Container = MeetComponents.MediaNode, TailLines = 1, LimitBytes = 256 };
            var log = await client.ReadLogsAsync(pod, options, bounded.Token).ConfigureAwait(false);
            await log.DisposeAsync().ConfigureAwait(false);
            return KubeletAnswer.Log;
        }
        catch (KubeApiException error)
        {
            return KubeletAnswers.Of(error);
        }
        catch (TimeoutException)
        {
            return KubeletAnswer.None;
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException)
        {
            return KubeletAnswer.Other;
        }
    }

    /// <summary>Completes when <paramref name="ct"/> is canceled. Returns false if this process was suspended or lacked CPU time meanwhile, or the clock was set.</summary>
    private async Task<bool> HasRunWithoutPauseAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var (timestamp, clock) = (time.GetTimestamp(), time.GetUtcNow());
            await Task.Delay(Tick, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var passed = time.GetElapsedTime(timestamp);
            if (passed > Tick + MaxPause || (time.GetUtcNow() - clock - passed).Duration() > MaxPause)
            {
                return false;
            }
        }

        return true;
    }

    [LoggerMessage(2121, LogLevel.Warning, "Neither the operator nor the API server reaches cluster node {Machine}, asked for media node {Pod}. The API server reaches the cluster node of media node {Control}.")]
    private partial void LogLost(string machine, NamespacedName pod, NamespacedName control);

    [LoggerMessage(2122, LogLevel.Warning, "The operator may not get pods/log, so it notices a lost machine only by the Lease of its kubelet, some seconds later. Upgrade the chart, which grants this right, or add it to the operator's ClusterRole.")]
    private partial void LogForbidden();

    [LoggerMessage(2123, LogLevel.Error, "Cluster node {Machine} could not be probed.")]
    private partial void LogUnforeseen(Exception error, string machine);
}
