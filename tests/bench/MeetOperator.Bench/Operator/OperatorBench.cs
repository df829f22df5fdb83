using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;

namespace MeetOperator.Bench.Operator;

/// <summary>
/// Measures the operator with 1,000 live meetings. One operator polls simulated media nodes, and uses the embedded API server with storage on disk or, with --cluster,
/// the API server of KUBECONFIG. Figures: the rate and latency from creation to Ready in a closed loop (create, wait until a watch shows Ready, delete), API requests
/// per meeting lifecycle, API writes while nothing changes, what the death of the leader costs (<see cref="LeaderDeath"/>), and the status writes for 10,000 meetings
/// with a join or leave a minute each (<see cref="WriteRate"/>).
/// </summary>
internal sealed class OperatorBench : IBenchVerb
{
    private const int Lives = 200;

    /// <summary>Time for the runtime to compile the hot paths, which takes much of the CPU at first.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    public string Name => "operator";

    public string Help => "time from creation to Ready, API requests per meeting, idle writes, death of the leader with 1,000 live meetings; status writes for 10,000 meetings; simulated media nodes [--only create|leader|writes] [--cluster: API server of KUBECONFIG, without writes]";

    public IAsyncEnumerable<Figure> RunAsync(string[] arguments)
    {
        var cluster = arguments.Contains("--cluster");
        return BenchArguments.MeasureAsync(arguments, [
            ("create", () => MeasureAsync(cluster)),
            ("leader", () => LeaderDeath.MeasureAsync(cluster)),
            ("writes", () => WriteRate.MeasureAsync(cluster)),
        ]);
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(bool cluster)
    {
        using var requests = new RequestCount();
        var stage = await OperatorStage.StartAsync(cluster ? await StageServer.ClusterAsync().ConfigureAwait(false) : await StageServer.EmbeddedAsync().ConfigureAwait(false)).ConfigureAwait(false);
        await using (stage.ConfigureAwait(false))
        {
            using var watch = new MeetingWatch(stage.Meetings);
            await StageMeetings.LoadAsync(stage, watch).ConfigureAwait(false);
            await ChurnAsync(stage, watch, WarmUp).ConfigureAwait(false);
            var started = Stopwatch.StartNew();
            var latencies = await ChurnAsync(stage, watch, Measured).ConfigureAwait(false);
            var rate = latencies.Count / started.Elapsed.TotalSeconds;
            var sorted = latencies.Order().ToArray();
            var perMeeting = await LivesAsync(stage, watch, requests).ConfigureAwait(false);
            var idle = await IdleAsync(requests).ConfigureAwait(false);
            return
            [
                new Figure("create.rate", rate, "meetings/s", cluster ? 50 : 100),
                new Figure("create.p50", Percentile(sorted, 0.5), "s", 0.5),
                new Figure("create.p99", Percentile(sorted, 0.99), "s", cluster ? 1 : 0.5),
                new Figure("api.per-meeting", perMeeting, "requests", 10),
                new Figure("idle.writes", idle, "1/s", 1),
            ];
        }
    }

    private static async Task<IReadOnlyCollection<double>> ChurnAsync(OperatorStage stage, MeetingWatch watch, TimeSpan duration)
    {
        var latencies = new ConcurrentBag<double>();
        using var ends = new CancellationTokenSource(duration);
        await Task.WhenAll(Enumerable.Range(0, StageMeetings.Creators).Select(async _ =>
        {
            while (!ends.IsCancellationRequested)
            {
                var name = Guid.NewGuid().ToString();
                var stopwatch = Stopwatch.StartNew();
                await StageMeetings.CreateAsync(stage, watch, name).ConfigureAwait(false);
                latencies.Add(stopwatch.Elapsed.TotalSeconds);
                await stage.Client.DeleteAsync<Meeting>(StageMeetings.Key(name), default).ConfigureAwait(false);
            }
        })).ConfigureAwait(false);
        return latencies;
    }

    /// <summary>
    /// Runs complete lifecycles: create, two participants join and leave, end, delete. Returns the API requests per meeting: those of the operator and the two (create,
    /// end) of signaling or a user.
    /// </summary>
    private static async Task<double> LivesAsync(OperatorStage stage, MeetingWatch watch, RequestCount requests)
    {
        const int SentByOthers = 2;
        await Task.Delay(Settling).ConfigureAwait(false); // until the last finalizers and statuses of the churn are written
        var before = requests.All;
        var options = new ParallelOptions { MaxDegreeOfParallelism = Lives };
        await Parallel.ForEachAsync(Enumerable.Range(0, Lives), options, async (_, _) => await LiveAsync(stage, watch, Guid.NewGuid().ToString()).ConfigureAwait(false)).ConfigureAwait(false);
        return SentByOthers + ((requests.All - before) / (double)Lives);
    }

    private static async Task LiveAsync(OperatorStage stage, MeetingWatch watch, string name)
    {
        await StageMeetings.CreateAsync(stage, watch, name).ConfigureAwait(false);
        var active = watch.UntilAsync(name, static seen => seen?.Status?.Phase == MeetingPhase.Active);
        stage.SetParticipants(name, 2);
        await active.ConfigureAwait(false);
        var empty = watch.UntilAsync(name, static seen => seen?.Status is { Phase: MeetingPhase.Ready, Participants: 0 });
        stage.SetParticipants(name, 0);
        await empty.ConfigureAwait(false);
        var gone = watch.UntilAsync(name, static seen => seen is null);
        await stage.Client.MergePatchAsync<Meeting>(StageMeetings.Key(name), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default).ConfigureAwait(false);
        await gone.ConfigureAwait(false);
    }

    private static async Task<double> IdleAsync(RequestCount requests)
    {
        await Task.Delay(Settling).ConfigureAwait(false);
        var (before, started) = (requests.Writes, Stopwatch.StartNew());
        await Task.Delay(Idle).ConfigureAwait(false);
        return (requests.Writes - before) / started.Elapsed.TotalSeconds;
    }

    private static double Percentile(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
}
