using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>Creates and ends rooms on media nodes. Every call has a short timeout, and the number of concurrent calls to one node is limited.</summary>
internal sealed class RoomKeeper(MediaFleet fleet, NodeClients clients, NodeCallLimit callLimit, TimeProvider time)
{
    /// <summary>The reason for a node that does not respond or rejects this term. The meeting waits briefly, until the polls show whether the node works.</summary>
    public const string Busy = "the node does not respond yet";

    /// <summary>The reason for a node that did not respond, or is known not to.</summary>
    public const string Silent = "the node does not respond";

    /// <summary>The reason for a node of an earlier version: it would read what it takes for pictures.</summary>
    public const string WithoutE2ee = "the media node's version does not support end-to-end encryption";

    /// <summary>The reason for a node of an earlier version: it would let participants connect in every way.</summary>
    public const string WithoutConnectivity = "the media node's version does not enforce the connectivity settings of the tenant and its pool";

    /// <summary>A node that does not respond within this time is treated as one that rejects the room.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Returns null when the room exists with these settings; otherwise the reason why not, for statuses and events. A node that does not answer polls, or did not respond to a call a moment ago, is not
    /// called.
    /// </summary>
    public async Task<string?> CreateAsync(MeetingRef meeting, AssignedNode assigned, MeetingSpec spec, ConnectivityRule? connectivity, CancellationToken ct)
    {
        if (fleet.View(assigned.Node) is not { Target: { } target } view)
        {
            return "the node's address is unknown";
        }

        var (client, process) = (clients.Of(target), view.Report?.InstanceId);
        if (view.Decision.State == SfuNodeState.Unhealthy)
        {
            return Silent;
        }

        using var turn = await callLimit.TryTakeTurnAsync(assigned.Node, process, isNewRoom: !assigned.RoomExists, ct).ConfigureAwait(false);
        if (turn is null)
        {
            return Silent;
        }

        using var pass = await callLimit.TryEnterAsync(assigned.Node, ct).ConfigureAwait(false);
        if (pass is null)
        {
            return Busy;
        }

        var began = time.GetTimestamp();
        var room = new RoomSpec
        {
            Generation = assigned.Generation,
            MaxParticipants = spec.MaxParticipants,
            Codecs = spec.Media.Codecs,
            E2ee = spec.Media.E2ee == MeetingE2ee.Required,
            Connectivity = ForNode(connectivity),
            Tenant = spec.TenantRef.Name,
        };
        using var limit = new CancellationTokenSource(Timeout, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            var report = await client.PutRoomAsync(meeting.Id, room, bounded.Token).ConfigureAwait(false);
            callLimit.RecordResponse(assigned.Node);
            var missing = room.E2ee && !report.E2ee ? WithoutE2ee : room.Connectivity is { } rule && !RoomConnectivity.Keeps(report.Connectivity, rule) ? WithoutConnectivity : null;
            if (missing is not null && !assigned.RoomExists)
            {
                await client.DeleteRoomAsync(meeting.Id, assigned.Generation, bounded.Token, onlyIfEmpty: true).ConfigureAwait(false);
            }

            return missing;
        }
        catch (NodeControlException error)
        {
            callLimit.RecordResponse(assigned.Node);
            switch (error.Code)
            {
                case "stale-generation":
                    await RaiseAsync(client, meeting, assigned.Node, bounded.Token).ConfigureAwait(false);
                    return error.Message;
                case "stale-term":
                    return Busy; // The node has seen a higher term: either the next renewal exceeds it, or this operator no longer leads.
                default:
                    return error.Code;
            }
        }
        catch (Exception broken) when (IsUnreachable(broken, ct))
        {
            callLimit.RecordSilence(assigned.Node, process, began);
            return Silent;
        }
    }

    /// <summary>
    /// Ends the meeting's room on all of its media nodes at the same time; with onlyIfEmpty one after another, until one of them does not end it. An unhealthy media node is skipped,
    /// except with onlyIfEmpty, because participants may have joined since its last report.
    /// </summary>
    /// <param name="meeting">The meeting that owns the rooms.</param>
    /// <param name="onlyIfEmpty">When true, a room stays if a participant has joined since the last poll.</param>
    /// <param name="ct">Cancels the wait.</param>
    public async Task<RoomEndResult> EndAsync(MeetingRef meeting, bool onlyIfEmpty, CancellationToken ct)
    {
        var nodes = fleet.Current(meeting)?.Nodes ?? [];
        if (!onlyIfEmpty)
        {
            var results = await Task.WhenAll(nodes.Select(assigned => EndAsync(meeting, assigned, onlyIfEmpty, ct))).ConfigureAwait(false);
            return results.Any(static result => result != RoomEndResult.Done) ? RoomEndResult.NoAnswer : RoomEndResult.Done;
        }

        foreach (var assigned in nodes)
        {
            var result = await EndAsync(meeting, assigned, onlyIfEmpty, ct).ConfigureAwait(false);
            if (result != RoomEndResult.Done)
            {
                return result;
            }
        }

        return RoomEndResult.Done;
    }

    private async Task<RoomEndResult> EndAsync(MeetingRef meeting, AssignedNode assigned, bool onlyIfEmpty, CancellationToken ct)
    {
        if (fleet.View(assigned.Node) is not { } view || Client(assigned) is not { } client)
        {
            return RoomEndResult.Done;
        }

        if (view.Decision.State == SfuNodeState.Unhealthy)
        {
            return onlyIfEmpty ? RoomEndResult.NoAnswer : RoomEndResult.Done; // If the room still has participants, signaling disconnects them.
        }

        using var pass = await callLimit.TryEnterAsync(assigned.Node, ct).ConfigureAwait(false);
        if (pass is null)
        {
            return RoomEndResult.NoAnswer;
        }

        using var limit = new CancellationTokenSource(Timeout, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            await client.DeleteRoomAsync(meeting.Id, assigned.Generation, bounded.Token, onlyIfEmpty).ConfigureAwait(false);
            return RoomEndResult.Done;
        }
        catch (NodeControlException error) when (error.Code == "not-empty")
        {
            return RoomEndResult.NotEmpty;
        }
        catch (NodeControlException error) when (error.Code == "stale-generation")
        {
            await RaiseAsync(client, meeting, assigned.Node, bounded.Token).ConfigureAwait(false);
            throw;
        }
        catch (Exception broken) when (view.IsForcedDrainDue && (broken is NodeControlException || IsUnreachable(broken, ct)))
        {
            return RoomEndResult.Done; // The room ends with the node, whose deletion no longer waits.
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return RoomEndResult.NoAnswer;
        }
    }

    private static RoomConnectivity? ForNode(ConnectivityRule? rule) =>
        rule is null ? null : new RoomConnectivity { ForceRelay = rule.ForceRelay, DenyTcp = rule.Tcp == PathAccess.Denied, DenyTurn = rule.Turn == PathAccess.Denied, AllowTunnels = rule.AllowsTunnels };

    private async Task RaiseAsync(NodeControlClient client, MeetingRef meeting, NamespacedName node, CancellationToken ct)
    {
        var room = await client.GetRoomAsync(meeting.Id, ct).ConfigureAwait(false);
        fleet.RaiseGeneration(meeting, node, room.Generation);
    }

    private NodeControlClient? Client(AssignedNode assigned) => fleet.View(assigned.Node)?.Target is { } target ? clients.Of(target) : null;

    private static bool IsUnreachable(Exception error, CancellationToken ct) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !ct.IsCancellationRequested);
}
