using System.Collections.Concurrent;
using System.Diagnostics;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Bench.Operator;

/// <summary>
/// Meetings created → Ready while 1,000 others live: embedded API server on disk, one operator, simulated media nodes that are polled as usual.
/// Creators work in a closed loop: create, wait until a watch shows Ready, delete, so that the number of live meetings stays.
/// </summary>
internal sealed class OperatorBench : IBenchVerb
{
    private const int Live = 1000;
    private const int Creators = 16;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);

    public string Name => "operator";

    public string Help => "meetings created -> Ready at 1,000 live ones, embedded API server, simulated media nodes";

    public async Task<IReadOnlyList<Figure>> RunAsync(string[] arguments)
    {
        var stage = await OperatorStage.StartAsync().ConfigureAwait(false);
        await using (stage.ConfigureAwait(false))
        {
            using var watching = stage.Meetings.OnChange(change =>
            {
                if (change.New is { } meeting && Conditions.IsTrue(meeting.Status?.Conditions, MeetConditions.Ready) && _awaited.TryRemove(change.Key.Name, out var ready))
                {
                    ready.TrySetResult();
                }
            });
            await LoadAsync(stage.Client).ConfigureAwait(false);
            await ChurnAsync(stage.Client, WarmUp).ConfigureAwait(false);
            var started = Stopwatch.StartNew();
            var latencies = await ChurnAsync(stage.Client, Measured).ConfigureAwait(false);
            var seconds = started.Elapsed.TotalSeconds;
            var sorted = latencies.Order().ToArray();
            return
            [
                new Figure("create.rate", sorted.Length / seconds, "meetings/s", 100),
                new Figure("create.p50", Percentile(sorted, 0.5), "s", 0.5),
                new Figure("create.p99", Percentile(sorted, 0.99), "s", 0.5),
            ];
        }
    }

    private async Task LoadAsync(KubeClient client)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Creators };
        await Parallel.ForEachAsync(Enumerable.Range(0, Live), options, async (number, ct) => await CreateAsync(client, $"live-{number}", ct).ConfigureAwait(false)).ConfigureAwait(false);
        await Console.Error.WriteLineAsync($"{Live} meetings live").ConfigureAwait(false);
    }

    private async Task<IReadOnlyCollection<double>> ChurnAsync(KubeClient client, TimeSpan duration)
    {
        var latencies = new ConcurrentBag<double>();
        using var ends = new CancellationTokenSource(duration);
        await Task.WhenAll(Enumerable.Range(0, Creators).Select(async _ =>
        {
            while (!ends.IsCancellationRequested)
            {
                var name = Guid.NewGuid().ToString();
                var took = Stopwatch.StartNew();
                await CreateAsync(client, name, CancellationToken.None).ConfigureAwait(false);
                latencies.Add(took.Elapsed.TotalSeconds);
                await client.DeleteAsync<Meeting>(new NamespacedName(OperatorStage.Namespace, name), CancellationToken.None).ConfigureAwait(false);
            }
        })).ConfigureAwait(false);
        return latencies;
    }

    private async Task CreateAsync(KubeClient client, string name, CancellationToken ct)
    {
        var ready = _awaited[name] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var meeting = new Meeting
        {
            Metadata = new ObjectMeta { Name = name, Namespace = OperatorStage.Namespace },
            Spec = new MeetingSpec { TenantRef = new TenantReference { Name = OperatorStage.Tenant }, Title = "bench", Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 0 } },
        };
        await client.CreateAsync(meeting, ct).ConfigureAwait(false);
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30), ct).ConfigureAwait(false);
    }

    private static double Percentile(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
}
