using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The media nodes that a meeting has moved away from since its session opened. Participants who are still there keep the node from being drained, so a removal is
/// repeated until the node confirms it. Thread-safe.
/// </summary>
internal sealed class FormerNodes(RoomLink room)
{
    private const int MaxNodes = 8;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

    /// <summary>A node that does not respond for this long is not expected to return.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly List<MediaAssignment> _nodes = [];

    /// <summary>Records a move, or that the meeting has lost its node (<paramref name="next"/> is null). With too many nodes, the oldest is forgotten.</summary>
    public void Record(MediaAssignment? former, MediaAssignment? next)
    {
        lock (_gate)
        {
            if (former is not null)
            {
                _nodes.Add(former);
            }

            _nodes.RemoveAll(node => next is not null && IsSameNode(node, next));
            _nodes.RemoveRange(0, Math.Max(0, _nodes.Count - MaxNodes));
        }
    }

    /// <summary>Returns true if the meeting has moved away from this assignment.</summary>
    public bool Contains(MediaAssignment assignment)
    {
        lock (_gate)
        {
            return _nodes.Contains(assignment);
        }
    }

    /// <summary>Removes a participant from all former nodes, without waiting.</summary>
    public void Remove(string participantId)
    {
        MediaAssignment[] nodes;
        lock (_gate)
        {
            nodes = [.. _nodes];
        }

        foreach (var former in nodes)
        {
            _ = RemoveAsync(former, participantId);
        }
    }

    /// <summary>Continues after the session has closed, which may happen because its last participant is removed here.</summary>
    private async Task RemoveAsync(MediaAssignment former, string participantId)
    {
        await Task.Yield();
        SignalingTracing.LeaveCurrent();
        var started = room.Time.GetTimestamp();
        for (var wait = FirstRetry; room.Time.GetElapsedTime(started) < GiveUpAfter; wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            try
            {
                await room.CallAsync(former, (node, ct) => node.DeleteParticipantAsync(room.MeetingId, participantId, ct, former.Generation), CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (NodeControlException gone) when (gone.Code is "unknown-room" or "stale-generation")
            {
                return; // The room has ended, or the meeting has come back to the node.
            }
            catch (Exception e) when (NodeFailure.Of(e) is { } failure)
            {
                room.Metrics.NodeFailed(failure.Reason);
            }
            catch (ObjectDisposedException)
            {
                return; // This replica is shutting down.
            }

            await Task.Delay(wait, room.Time).ConfigureAwait(false);
        }
    }

    private static bool IsSameNode(MediaAssignment left, MediaAssignment right) => left.Node == right.Node && left.Namespace == right.Namespace;
}
