using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// Calls to the room of one meeting on one media node. Except for the event stream, each ends after <see cref="SignalingTimings.NodeCallTimeout"/> or earlier: at once while the node
/// is gone, and when the meeting has given up the room. Removals do not: such a node may still get them, so only the wait for them ends while the node is gone. A call that fails throws
/// (<see cref="NodeCallFailure"/>), unless it says otherwise. Thread-safe.
/// </summary>
internal sealed class RoomClient(string meetingId, MediaAssignment assignment, MediaServices services)
{
    private readonly PendingRemovals _pending = new();
    private volatile RoomLife _life = new();

    public RoomKey Key { get; } = assignment.Key;

    /// <summary>Whether the meeting has given up the room, or its node is gone, so that calls end at once.</summary>
    public bool IsOver => _life.IsOver;

    private NodeControlClient Node => services.Nodes.Client(Key.Namespace, Key.Node, Key.ControlUrl);

    /// <summary>The meeting has the room, possibly once more. The result ends its calls.</summary>
    public RoomLife Begin() => _life = new RoomLife();

    /// <summary>Adds or refreshes a participant.</summary>
    /// <param name="participantId">The participant.</param>
    /// <param name="region">Its region, for the node's report; null if it has none.</param>
    /// <param name="ct">Ends the call.</param>
    public Task PutParticipantAsync(string participantId, string? region, CancellationToken ct)
    {
        Expect(participantId);
        return CallAsync((node, limit) => node.PutParticipantAsync(meetingId, participantId, new ParticipantSpec { Generation = Key.Generation, Region = region }, limit), ct);
    }

    /// <summary>The participant is to be in the room from now on: a removal before is not repeated.</summary>
    public void Expect(string participantId) => _pending.Remove(participantId);

    /// <summary>Removes a participant. Returns false if the call fails, or the node is gone.</summary>
    public Task<bool> TryRemoveParticipantAsync(string participantId) =>
        TryRemoveAsync(participantId, (node, limit) => node.DeleteParticipantAsync(meetingId, participantId, limit));

    /// <summary>Removes a participant, unless the node has a later room of the meeting. Returns false if the call fails, or the node is gone.</summary>
    public Task<bool> TryReleaseParticipantAsync(string participantId) =>
        TryRemoveAsync(participantId, (node, limit) => node.DeleteParticipantAsync(meetingId, participantId, limit, Key.Generation));

    /// <summary>Removes a participant for good. Returns false if the call fails, or the node is gone.</summary>
    public Task<bool> TryExcludeParticipantAsync(string participantId) =>
        TryRemoveAsync(participantId, (node, limit) => node.ExcludeParticipantAsync(meetingId, participantId, limit));

    /// <summary>Removes the participants that the node was told to remove when it did not answer. Stops when it does not answer again. For the time after it was out of reach.</summary>
    public async Task RepeatRemovalsAsync()
    {
        foreach (var participantId in _pending.List())
        {
            if (_pending.Contains(participantId) && !await TryReleaseParticipantAsync(participantId).ConfigureAwait(false) && _pending.Contains(participantId))
            {
                return;
            }
        }
    }

    public async Task<IReadOnlyList<ParticipantReport>> ListParticipantsAsync(CancellationToken ct)
    {
        var room = await CallAsync((node, limit) => node.GetRoomAsync(meetingId, limit), ct).ConfigureAwait(false);
        return [.. (room.ParticipantList ?? []).OfType<ParticipantReport>()]; // A list from the network may contain nulls.
    }

    /// <summary>
    /// Opens a subscribe session, or with <paramref name="restart"/> replaces it. Without <paramref name="slots"/>, tracks change only with an offer. <paramref name="lineKbps"/> is what the
    /// client's line takes, or null. With <paramref name="tunnel"/>, a new session uses a tunnel.
    /// </summary>
    public Task<SubscribeOffer> SubscribeAsync(string participantId, bool restart, SlotCounts? slots, int? lineKbps, bool tunnel, CancellationToken ct)
    {
        var request = new SubscribeRequest { Generation = Key.Generation, Restart = restart, Slots = slots, LineKbps = lineKbps, Tunnel = tunnel };
        return CallAsync((node, limit) => node.SubscribeAsync(meetingId, participantId, request, limit), ct);
    }

    public Task AnswerAsync(string participantId, SubscribeAnswer answer, CancellationToken ct) => CallAsync((node, limit) => node.AnswerAsync(meetingId, participantId, answer, limit), ct);

    public Task ConfirmSlotsAsync(string participantId, SlotsConfirmation confirmation, CancellationToken ct) =>
        CallAsync((node, limit) => node.ConfirmSlotsAsync(meetingId, participantId, confirmation, limit), ct);

    public Task<SdpAnswer> PublishAsync(string participantId, SdpOffer offer, CancellationToken ct) => CallAsync((node, limit) => node.PublishAsync(meetingId, participantId, offer, limit), ct);

    public Task MuteAsync(string participantId, MuteState muted, CancellationToken ct) =>
        CallAsync((node, limit) => node.MuteAsync(meetingId, participantId, new TrackMuteRequest { Muted = muted }, limit), ct);

    public Task ViewAsync(string participantId, ViewRequest view, CancellationToken ct) => CallAsync((node, limit) => node.ViewAsync(meetingId, participantId, view, limit), ct);

    /// <summary>Reads the events of the room until the stream ends or <paramref name="ct"/> is cancelled, also while the node is gone.</summary>
    public IAsyncEnumerable<RoomEvent> WatchAsync(CancellationToken ct) => services.Nodes.StreamClient(Key.Namespace, Key.Node, Key.ControlUrl).WatchRoomAsync(meetingId, ct);

    /// <summary>Makes a call to the node.</summary>
    public Task<T> CallAsync<T>(Func<NodeControlClient, CancellationToken, Task<T>> call, CancellationToken ct) => CallAsync(call, isRemoval: false, ct);

    /// <summary>Removes a participant. Does not wait while the node is gone; the call goes on, because the node may be out of reach only for a moment, or only for the stream of events.</summary>
    private async Task<bool> TryRemoveAsync(string participantId, Func<NodeControlClient, CancellationToken, Task> call)
    {
        _pending.Add(participantId);
        var gone = _life.Gone;
        var removing = RemoveAsync(participantId, call);
        try
        {
            return await removing.WaitAsync(gone).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<bool> RemoveAsync(string participantId, Func<NodeControlClient, CancellationToken, Task> call)
    {
        try
        {
            await CallAsync(ToFunction(call), isRemoval: true, CancellationToken.None).ConfigureAwait(false);
            _pending.Remove(participantId);
            return true;
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            // The node itself removes participants without a connection when they are no longer refreshed, and removals by a host are repeated on each tick.
            services.Metrics.NodeFailed(failure.Reason);
            if (e is NodeControlException)
            {
                _pending.Remove(participantId); // it has answered
            }

            return false;
        }
    }

    private Task CallAsync(Func<NodeControlClient, CancellationToken, Task> call, CancellationToken ct) => CallAsync(ToFunction(call), ct);

    private static Func<NodeControlClient, CancellationToken, Task<bool>> ToFunction(Func<NodeControlClient, CancellationToken, Task> call) => async (node, limit) =>
    {
        await call(node, limit).ConfigureAwait(false);
        return true;
    };

    private async Task<T> CallAsync<T>(Func<NodeControlClient, CancellationToken, Task<T>> call, bool isRemoval, CancellationToken ct)
    {
        var life = _life;
        var (gone, givenUp) = isRemoval ? (CancellationToken.None, CancellationToken.None) : (life.Gone, life.GivenUp);
        using var limit = new CancellationTokenSource(services.Options.Timings.NodeCallTimeout, services.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource([ct, limit.Token, givenUp, gone]);
        try
        {
            return await call(Node, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested && (givenUp.IsCancellationRequested || gone.IsCancellationRequested))
        {
            throw new HttpRequestException(gone.IsCancellationRequested ? "The media node is gone." : "The meeting has given up the room.", e);
        }
    }
}
