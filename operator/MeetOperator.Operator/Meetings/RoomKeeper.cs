using MeetOperator.Contracts;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Nodes;

namespace MeetOperator.Operator.Meetings;

/// <summary>Makes and ends rooms on media nodes.</summary>
internal sealed class RoomKeeper(MediaFleet fleet, NodeClients clients)
{
    /// <summary>A node that does not answer within this time is treated as one that refuses.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Null when the room exists now; else why it does not, in words for status and events.</summary>
    public async Task<string?> MakeAsync(MeetingRef meeting, CurrentAssignment current, MeetingSpec spec, CancellationToken ct)
    {
        if (Client(current) is not { } client)
        {
            return "its address is not known";
        }

        var room = new RoomSpec { Generation = current.Generation, MaxParticipants = spec.MaxParticipants, Codecs = spec.Media.Codecs };
        using var bounded = Bound(ct);
        try
        {
            await client.PutRoomAsync(meeting.Id, room, bounded.Token).ConfigureAwait(false);
            return null;
        }
        catch (NodeControlException refusal) when (refusal.Code == "stale-generation")
        {
            await RaiseAsync(client, meeting, ct).ConfigureAwait(false);
            return refusal.Message;
        }
        catch (NodeControlException refusal)
        {
            return refusal.Code;
        }
        catch (Exception broken) when (IsUnreachable(broken, ct))
        {
            return "it does not answer";
        }
    }

    /// <summary>Ends the room where it is; a node that is gone or dead has nothing to end. Throws when a living node could not be told.</summary>
    public async Task EndAsync(MeetingRef meeting, CancellationToken ct)
    {
        if (fleet.Current(meeting) is not { Node: { } node } current
            || fleet.View(node) is not { Verdict.State: not SfuNodeState.Unhealthy }
            || Client(current) is not { } client)
        {
            return;
        }

        using var bounded = Bound(ct);
        try
        {
            await client.DeleteRoomAsync(meeting.Id, current.Generation, bounded.Token).ConfigureAwait(false);
        }
        catch (NodeControlException refusal) when (refusal.Code == "stale-generation")
        {
            await RaiseAsync(client, meeting, ct).ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"{node} did not end room {meeting.Id} within {Timeout.TotalSeconds:0} s.");
        }
    }

    private async Task RaiseAsync(NodeControlClient client, MeetingRef meeting, CancellationToken ct)
    {
        var room = await client.GetRoomAsync(meeting.Id, ct).ConfigureAwait(false);
        fleet.RaiseGeneration(meeting, room.Generation);
    }

    private NodeControlClient? Client(CurrentAssignment current) =>
        current.Node is { } node && fleet.View(node)?.Target is { } target ? clients.Of(target) : null;

    private static bool IsUnreachable(Exception error, CancellationToken ct) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !ct.IsCancellationRequested);

    private static CancellationTokenSource Bound(CancellationToken ct)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(ct);
        source.CancelAfter(Timeout);
        return source;
    }
}
