using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Kube.Runtime.Metrics;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Metrics;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Requests a report from every media node about once a second, each in its own loop, and ends rooms that belong to no meeting. Thread-safe.
/// </summary>
internal sealed partial class NodePoller : IAsyncDisposable
{
    /// <summary>Name of the loops in metrics.</summary>
    public const string LoopName = "node-poll";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A node responds from memory. Three timeouts and the pauses between them take 2.3 s, so meetings leave a hung node after about 3 s.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan RenewalTimeout = TimeSpan.FromSeconds(3);

    /// <summary>A timeout that fires later than this is ignored: this process lacked CPU time, and the media node may have responded.</summary>
    private static readonly TimeSpan Starved = TimeSpan.FromMilliseconds(1000);

    /// <summary>A poll takes less than three seconds even if the node hangs.</summary>
    private static readonly TimeSpan RoundTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Number of consecutive late timeouts to ignore.</summary>
    private const int MaxStarved = 3;
    private static readonly TimeSpan RetryAfterMiss = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryWhenDead = TimeSpan.FromMilliseconds(250);

    /// <summary>After this many misses, about a minute, an unreachable media node is polled at the normal interval again.</summary>
    private const int FastRetryPolls = 240;

    /// <summary>A node that stays unreachable is logged about once a minute.</summary>
    private const int LogEvery = 60;
    private const int MaxMessage = 400;
    private readonly MediaFleet _fleet;
    private readonly NodeClients _clients;
    private readonly OperatorMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly NodeLoops _loops;
    private readonly Func<NodeRelays>? _relays;

    /// <param name="fleet">Gets the reports.</param>
    /// <param name="clients">Creates the clients of media nodes.</param>
    /// <param name="metrics">Counts missed polls.</param>
    /// <param name="health">Watches the loops.</param>
    /// <param name="logger">Logs missed polls and calls that failed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="relays">The relays that media nodes must know; null for none.</param>
    public NodePoller(MediaFleet fleet, NodeClients clients, OperatorMetrics metrics, LoopHealth health, ILogger<NodePoller> logger, TimeProvider time, Func<NodeRelays>? relays = null)
    {
        _relays = relays;
        (_fleet, _clients, _metrics, _logger, _time) = (fleet, clients, metrics, logger, time);
        _loops = new NodeLoops(LoopName, RoundTimeout, PollAsync, health, logger, time);
    }

    /// <summary>Starts, redirects or (null) ends the polling of a node.</summary>
    public void Watch(NamespacedName node, PollTarget? target) => _loops.Watch(node, target);

    public ValueTask DisposeAsync() => _loops.DisposeAsync();

    private async Task PollAsync(PollTarget target, LoopHeartbeat heartbeat, CancellationToken ct)
    {
        var client = _clients.Of(target);
        var missed = 0;
        var starved = 0;
        while (!ct.IsCancellationRequested)
        {
            heartbeat.Beat();
            var started = _time.GetTimestamp();
            var miss = await PollOnceAsync(client, target, started, ct).ConfigureAwait(false);
            if (ct.IsCancellationRequested)
            {
                return;
            }

            if (miss is { Code: PollFailure.Timeout } && _time.GetElapsedTime(started) > Starved && ++starved <= MaxStarved)
            {
                continue; // Poll again at once without changing the count.
            }

            starved = 0;
            missed = miss is null ? 0 : missed + 1;
            if (miss is not null)
            {
                _metrics.RecordMissedPoll(miss.Code);
                _fleet.RecordMissedPoll(target, miss.Message, miss.Code == PollFailure.Rejected, miss.Code == PollFailure.Untrusted);
                if (missed <= NodeStateRules.DeadAfterMissedPolls || missed % LogEvery == 0)
                {
                    LogMiss(target.Node, missed, miss.Message);
                }
            }

            var pause = PauseAfter(missed, _time.GetElapsedTime(started));
            await Task.Delay(pause > TimeSpan.Zero ? pause : TimeSpan.Zero, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Polls an unreachable node more often for a while, since its process is probably restarting.</summary>
    private static TimeSpan PauseAfter(int missed, TimeSpan took) => missed switch
    {
        0 => Interval - took,
        < NodeStateRules.DeadAfterMissedPolls => RetryAfterMiss,
        < FastRetryPolls => RetryWhenDead,
        _ => Interval,
    };

    /// <summary>Returns null when the report was accepted, otherwise the failure. An invalid response must not affect other nodes.</summary>
    private async Task<PollFailure?> PollOnceAsync(NodeControlClient client, PollTarget target, long started, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(Timeout);
        NodeReport report;
        IReadOnlyList<OrphanRoom> orphans;
        try
        {
            report = await client.GetNodeAsync(bounded.Token).ConfigureAwait(false);
            if (ReportRules.FindRejection(report, _clients.Term) is { } wrong)
            {
                return Fail(PollFailure.Rejected, wrong);
            }

            _clients.ObserveTerm(report);
            orphans = _fleet.RecordReport(target, report, started);
        }
        catch (OperationCanceledException)
        {
            return new PollFailure(PollFailure.Timeout, $"no answer from {target.Address} within {Timeout.TotalMilliseconds:0} ms");
        }
        catch (JsonException unreadable)
        {
            return Fail(PollFailure.Rejected, $"its report cannot be parsed: {unreadable.Message}");
        }
        catch (NodeControlException invalid) when (invalid.Code is "empty-answer" or "answer-too-large")
        {
            return Fail(PollFailure.Rejected, invalid.Message);
        }
        catch (Exception broken) when (broken is HttpRequestException or NodeControlException or IOException)
        {
            return Fail(IsUntrusted(broken) ? PollFailure.Untrusted : PollFailure.Unreachable, broken.Message);
        }
        catch (Exception unforeseen)
        {
            KubeMetrics.LoopFailed(LoopName);
            LogUnforeseen(unforeseen, target.Node);
            return Fail(PollFailure.Rejected, $"its report could not be processed: {unforeseen.Message}");
        }

        await EndOrphansAsync(client, target, orphans, bounded.Token).ConfigureAwait(false);
        await RenewAsync(client, target, report, ct).ConfigureAwait(false);
        await NameRelaysAsync(client, target, report, ct).ConfigureAwait(false);
        return null;

        PollFailure Fail(string code, string message) => new(code, $"{target.Address}: {(message.Length <= MaxMessage ? message : message[..MaxMessage] + "…")}");
    }

    /// <summary>Offers new credentials. If the node does not accept them, a later poll offers them again.</summary>
    private async Task RenewAsync(NodeControlClient client, PollTarget target, NodeReport report, CancellationToken ct)
    {
        if (_clients.FindRenewal(target, report) is not { } renewed)
        {
            return;
        }

        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(RenewalTimeout);
        try
        {
            await client.PutCredentialsAsync(renewed, bounded.Token).ConfigureAwait(false);
            LogRenewed(target.Node);
        }
        catch (Exception failed) when (failed is HttpRequestException or NodeControlException or IOException or OperationCanceledException or LeadershipLostException)
        {
            LogNotRenewed(target.Node, failed.Message);
        }
    }

    /// <summary>Names the relays of the installation, if the node does not know them. If the call fails, a later poll repeats it.</summary>
    private async Task NameRelaysAsync(NodeControlClient client, PollTarget target, NodeReport report, CancellationToken ct)
    {
        if (report.RelaysRevision is null || _relays?.Invoke() is not { } relays || !RelaySources.IsDue(relays, report))
        {
            return;
        }

        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(RenewalTimeout);
        try
        {
            await client.PutRelaysAsync(relays, bounded.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is HttpRequestException or NodeControlException or IOException or OperationCanceledException or LeadershipLostException)
        {
            LogRelaysNotNamed(target.Node, failed.Message);
        }
    }

    /// <summary>Ends orphaned rooms. A failure is retried with a later report; it affects neither the other rooms nor this report.</summary>
    private async Task EndOrphansAsync(NodeControlClient client, PollTarget target, IReadOnlyList<OrphanRoom> orphans, CancellationToken ct)
    {
        foreach (var orphan in orphans)
        {
            try
            {
                LogOrphan(target.Node, orphan.Room);
                await client.DeleteRoomAsync(orphan.Room, orphan.Generation, ct, orphan.OnlyIfEmpty).ConfigureAwait(false);
            }
            catch (LeadershipLostException)
            {
                return; // The term has ended, and this loop is about to be stopped.
            }
            catch (NodeControlException rejected)
            {
                LogOrphanStays(target.Node, rejected.Message);
            }
            catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException)
            {
                LogOrphanStays(target.Node, failed.Message);
                return; // The node does not respond.
            }
        }
    }

    /// <summary>Whether one side rejected the other's certificate. This does not resolve by itself.</summary>
    private static bool IsUntrusted(Exception broken) =>
        broken is NodeControlException { Status: HttpStatusCode.Unauthorized } or HttpRequestException { InnerException: AuthenticationException };

    [LoggerMessage(2101, LogLevel.Warning, "Poll of media node {Node} failed, {Missed} in a row: {Reason}")]
    private partial void LogMiss(NamespacedName node, int missed, string reason);

    [LoggerMessage(2105, LogLevel.Information, "Media node {Node} accepted new credentials.")]
    private partial void LogRenewed(NamespacedName node);

    [LoggerMessage(2102, LogLevel.Information, "Media node {Node} has room {Room}, but no meeting assigned to this node owns it. Ending the room.")]
    private partial void LogOrphan(NamespacedName node, string room);

    [LoggerMessage(2103, LogLevel.Warning, "Media node {Node} did not end an orphaned room, will retry: {Reason}")]
    private partial void LogOrphanStays(NamespacedName node, string reason);

    [LoggerMessage(2106, LogLevel.Warning, "Media node {Node} did not accept new credentials, will retry: {Reason}")]
    private partial void LogNotRenewed(NamespacedName node, string reason);

    [LoggerMessage(2107, LogLevel.Warning, "Media node {Node} did not get the addresses of the relays, will retry: {Reason}")]
    private partial void LogRelaysNotNamed(NamespacedName node, string reason);

    [LoggerMessage(2104, LogLevel.Error, "The report of media node {Node} could not be processed.")]
    private partial void LogUnforeseen(Exception error, NamespacedName node);
}
