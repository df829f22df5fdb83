using System.Collections.Concurrent;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Features.Moderation;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Features.Headless;

/// <summary>
/// Removes participants from media nodes that their meeting has left, since they would keep the node from being drained: participants whom a host has removed, and
/// encoders and players (WHIP, WHEP), which cannot be told to move. Web clients move by themselves. They differ from encoders and players by their subscribe session.
/// Every replica reads the meetings' statuses on each tick, so a failed call is repeated, also after a restart.
/// </summary>
internal sealed partial class FormerRooms(
    MeetingDirectory directory, MediaNodes nodes, ModerationReader moderation, SignalingMetrics metrics, SignalingOptions options, TimeProvider time, ILogger<FormerRooms> logger) : BackgroundService
{
    private const int Parallelism = 8;

    /// <summary>Participants without a subscribe session in the previous round and in this one. A web client that is leaving has none for a moment.</summary>
    private ConcurrentDictionary<(FormerRoom Room, string Participant), bool> _suspects = new();
    private ConcurrentDictionary<(FormerRoom Room, string Participant), bool> _nextSuspects = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await CheckAsync(stoppingToken).ConfigureAwait(false);
            await Task.Delay(options.Timings.TickInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Checks all former rooms once. After a failed call, skips the other rooms of the same node.</summary>
    private async Task CheckAsync(CancellationToken ct)
    {
        var failed = new ConcurrentDictionary<Uri, bool>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = ct };
        try
        {
            await Parallel.ForEachAsync(directory.ListFormerRooms(), parallel, async (room, stop) =>
            {
                if (!failed.ContainsKey(room.ControlUrl) && !await TryCheckAsync(room, stop).ConfigureAwait(false))
                {
                    failed[room.ControlUrl] = true;
                }
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // This replica is shutting down.
        }
        catch (Exception e)
        {
            LogFailed(logger, e); // The next round tries again.
        }

        (_suspects, _nextSuspects) = (_nextSuspects, new());
    }

    private async Task<bool> TryCheckAsync(FormerRoom room, CancellationToken ct)
    {
        try
        {
            await CheckAsync(room, ct).ConfigureAwait(false);
            return true;
        }
        catch (NodeControlException gone) when (gone.Code is "unknown-room" or "stale-generation")
        {
            return true; // The room has ended, or the meeting has come back to the node.
        }
        catch (Exception e) when (!ct.IsCancellationRequested && NodeCallFailure.Of(e) is { } failure)
        {
            metrics.NodeFailed(failure.Reason);
            return false;
        }
    }

    private async Task CheckAsync(FormerRoom room, CancellationToken ct)
    {
        var removed = await ReadRemovedAsync(room, ct).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(options.Timings.NodeCallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var client = nodes.Client(room.Namespace, room.Node, room.ControlUrl);
        var id = room.Meeting.MeetingId;
        var report = await client.GetRoomAsync(id, linked.Token).ConfigureAwait(false);
        var present = (report.ParticipantList ?? []).OfType<ParticipantReport>().ToArray(); // A list from the network may contain nulls.
        var stayed = room.HasSuccessor ? FindStayed(room, present) : [];
        var leaving = present.Where(participant => removed.Contains(participant.Participant) || stayed.Contains(participant.Participant)).ToArray();
        foreach (var participant in leaving)
        {
            await client.DeleteParticipantAsync(id, participant.Participant, linked.Token, room.Generation).ConfigureAwait(false);
        }

        if (leaving.Length > 0)
        {
            LogRemoved(logger, leaving.Length, room.Node, id);
        }
    }

    /// <summary>Records who has no subscribe session for the next round. Returns those who had none in the previous round either.</summary>
    private HashSet<string> FindStayed(FormerRoom room, IEnumerable<ParticipantReport> present)
    {
        string[] suspects = [.. present.Where(participant => participant.SubscribeSession == string.Empty).Select(participant => participant.Participant)];
        foreach (var suspect in suspects)
        {
            _nextSuspects[(room, suspect)] = true;
        }

        return [.. suspects.Where(suspect => _suspects.ContainsKey((room, suspect)))];
    }

    /// <summary>The participants whom a host has removed; empty if the database is unavailable.</summary>
    private async Task<IReadOnlySet<string>> ReadRemovedAsync(FormerRoom room, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(options.Timings.NodeCallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return (await moderation.ReadAsync(room.Meeting, linked.Token).ConfigureAwait(false)).Removed;
        }
        catch (Exception e) when (!ct.IsCancellationRequested && (TransientErrors.IsDatabaseOutage(e) || e is OperationCanceledException))
        {
            return ModerationState.Open.Removed; // The next round tries again.
        }
    }

    [LoggerMessage(3032, LogLevel.Information, "Removed {Count} participants from {Node}, which meeting {Meeting} has left.")]
    private static partial void LogRemoved(ILogger logger, int count, string node, string meeting);

    [LoggerMessage(3033, LogLevel.Error, "The rooms that meetings have left could not be checked. Trying again.")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
