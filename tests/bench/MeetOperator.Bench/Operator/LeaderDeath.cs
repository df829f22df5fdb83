using System.Collections.Concurrent;
using System.Diagnostics;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Runtime.Informers;

namespace MeetOperator.Bench.Operator;

/// <summary>
/// Kills the leader of two operator processes (SIGKILL) with 1,000 live meetings. Measures the time until a meeting that is created at that moment is Ready, in the last round
/// also the time until a meeting of a media node that dies at the same moment is elsewhere, and how many of the meetings that need no change are written in the meantime.
/// </summary>
internal static class LeaderDeath
{
    private const int Rounds = 7;

    /// <summary>After the new leader's first decision: it has then polled every media node many times, and any write it considers due has been made.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(bool cluster)
    {
        var server = cluster ? await StageServer.ClusterAsync().ConfigureAwait(false) : await StageServer.EmbeddedAsync().ConfigureAwait(false);
        var stage = await OperatorStage.StartAsync(server, new StageSize(Processes: 2)).ConfigureAwait(false);
        await using (stage.ConfigureAwait(false))
        {
            using var watch = new MeetingWatch(stage.Meetings);
            await StageMeetings.LoadAsync(stage, watch).ConfigureAwait(false);
            await Task.Delay(Settling).ConfigureAwait(false);
            var (seconds, leases, writes, moved) = (new List<double>(), new List<double>(), 0, 0.0);
            for (var round = 0; round < Rounds; round++)
            {
                var leader = await stage.LeaderAsync().ConfigureAwait(false);
                await Task.Delay(Random.Shared.Next(0, 1500)).ConfigureAwait(false); // Any moment between two renewals of the Lease.
                if (round < Rounds - 1)
                {
                    using var changes = new LiveChanges(stage.Meetings);
                    var killed = DateTimeOffset.UtcNow;
                    seconds.Add(await KillAsync(stage, watch, leader, $"round-{round}").ConfigureAwait(false));
                    leases.Add((await stage.AcquiredAsync().ConfigureAwait(false) - killed).TotalSeconds);
                    await Task.Delay(Settling).ConfigureAwait(false);
                    writes += changes.Count;
                    stage.StartOperator(leader);
                }
                else
                {
                    moved = await KillWithNodeAsync(stage, leader).ConfigureAwait(false);
                }

                await Console.Error.WriteLineAsync($"round {round + 1}: {leader} killed; Lease after {leases[^1]:0.00} s, first decision after {(round < Rounds - 1 ? seconds[^1] : moved):0.00} s, {writes} writes so far").ConfigureAwait(false);
            }

            return
            [
                new Figure("leader.killed", seconds.Max(), "s", 5),
                new Figure("leader.killed.p50", seconds.Order().ElementAt(seconds.Count / 2), "s"),
                new Figure("leader.killed.lease", leases.Max(), "s"),
                new Figure("leader.killed.node", moved, "s"),
                new Figure("leader.killed.writes", writes, "writes", 0),
            ];
        }
    }

    private static async Task<double> KillAsync(OperatorStage stage, MeetingWatch watch, string leader, string meeting)
    {
        var started = Stopwatch.StartNew();
        stage.KillOperator(leader);
        await StageMeetings.CreateAsync(stage, watch, meeting).ConfigureAwait(false);
        return started.Elapsed.TotalSeconds;
    }

    /// <returns>The seconds until the first meeting of the media node that died is elsewhere.</returns>
    private static async Task<double> KillWithNodeAsync(OperatorStage stage, string leader)
    {
        var node = stage.Rooms().MaxBy(one => one.Value).Key;
        var moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = stage.Meetings.OnChange(change =>
        {
            if (Origin(change.Old) == node && Origin(change.New) is { } now && now != node)
            {
                moved.TrySetResult();
            }
        });
        var started = Stopwatch.StartNew();
        stage.KillOperator(leader);
        await stage.KillNodeAsync(node).ConfigureAwait(false);
        await moved.Task.WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        return started.Elapsed.TotalSeconds;
    }

    private static string? Origin(Meeting? meeting) => meeting?.Status?.Assignments.FirstOrDefault(one => one is { Role: AssignmentRole.Origin, State: AssignmentState.Ready })?.SfuNode;

    /// <summary>Counts changes of the live meetings, whoever makes them.</summary>
    private sealed class LiveChanges : IDisposable
    {
        private readonly ConcurrentDictionary<string, string?> _versions = new(StringComparer.Ordinal);
        private readonly IDisposable _subscription;
        private int _changes;

        public LiveChanges(Informer<Meeting> meetings)
        {
            foreach (var meeting in meetings.List())
            {
                _versions[meeting.Metadata.Name!] = meeting.Metadata.ResourceVersion;
            }

            _subscription = meetings.OnChange(change => Note(change.Object));
        }

        public int Count => Volatile.Read(ref _changes);

        public void Dispose() => _subscription.Dispose();

        private void Note(Meeting meeting)
        {
            var (name, version) = (meeting.Metadata.Name!, meeting.Metadata.ResourceVersion);
            if (name.StartsWith("live-", StringComparison.Ordinal) && _versions.TryGetValue(name, out var known) && known != version)
            {
                _versions[name] = version;
                Interlocked.Increment(ref _changes);
            }
        }
    }
}
