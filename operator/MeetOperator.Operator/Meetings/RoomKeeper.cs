using MeetOperator.Contracts;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Nodes;

namespace MeetOperator.Operator.Meetings;

/// <summary>Makes and ends rooms on media nodes. No call waits long for a node, and few at a time wait for the same one.</summary>
internal sealed class RoomKeeper(MediaFleet fleet, NodeClients clients, NodeLanes lanes)
{
    /// <summary>Reason of a node that does not answer, or not this term: the meeting waits for it a little, since the polls will tell whether it lives.</summary>
    public const string Busy = "it does not answer our calls yet";

    /// <summary>A node that does not answer within this time is treated as one that refuses.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Null when the room exists now; else why it does not, in words for status and events.</summary>
    public async Task<string?> MakeAsync(MeetingRef meeting, CurrentAssignment current, MeetingSpec spec, CancellationToken ct)
    {
        if (Client(current) is not { } client)
        {
            return "its address is not known";
        }

        using var pass = await lanes.TryEnterAsync(current.Node!.Value, ct).ConfigureAwait(false);
        if (pass is null)
        {
            return Busy;
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
            await RaiseAsync(client, meeting, bounded.Token).ConfigureAwait(false);
            return refusal.Message;
        }
        catch (NodeControlException refusal) when (refusal.Code == "stale-term")
        {
            return Busy; // It knows a higher term than ours: the next renewal goes above it, or we lead no more.
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

    /// <summary>Ends the room where it is; a node that does not serve is not waited for, unless somebody may have come in whom nobody has counted.</summary>
    /// <param name="meeting">Whose room.</param>
    /// <param name="onlyIfEmpty">Somebody may have come in since the last poll: then the room stays.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<RoomEnd> EndAsync(MeetingRef meeting, bool onlyIfEmpty, CancellationToken ct)
    {
        if (fleet.Current(meeting) is not { Node: { } node } current || fleet.View(node) is not { } view || Client(current) is not { } client)
        {
            return RoomEnd.Done;
        }

        if (view.Verdict.State == SfuNodeState.Unhealthy)
        {
            return onlyIfEmpty ? RoomEnd.NoAnswer : RoomEnd.Done; // Whoever is in a room that ends all the same is sent out by signaling.
        }

        using var pass = await lanes.TryEnterAsync(node, ct).ConfigureAwait(false);
        if (pass is null)
        {
            return RoomEnd.NoAnswer;
        }

        using var bounded = Bound(ct);
        try
        {
            await client.DeleteRoomAsync(meeting.Id, current.Generation, bounded.Token, onlyIfEmpty).ConfigureAwait(false);
            return RoomEnd.Done;
        }
        catch (NodeControlException refusal) when (refusal.Code == "not-empty")
        {
            return RoomEnd.NotEmpty;
        }
        catch (NodeControlException refusal) when (refusal.Code == "stale-generation")
        {
            await RaiseAsync(client, meeting, bounded.Token).ConfigureAwait(false);
            throw;
        }
        catch (Exception broken) when (view.IsDropped && (broken is NodeControlException || IsUnreachable(broken, ct)))
        {
            return RoomEnd.Done; // The room goes with the node, which nothing holds up any more.
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return RoomEnd.NoAnswer;
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
