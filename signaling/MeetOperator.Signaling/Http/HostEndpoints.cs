using MeetOperator.NodeControl;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Host actions on participants. Any replica can handle them: the bus forwards them to the replica that has the socket.</summary>
internal sealed class HostEndpoints(
    MeetingDirectory directory, MeetingNotFound missing, MeetingSessions sessions, Credentials credentials, IParticipantRepository participants, IMeetingBus bus, MediaNodes nodes, SignalingOptions options, SignalingMetrics metrics, TimeProvider time)
{
    /// <summary>How long a call to a node that is gone is waited for. One that has only lost the room answers.</summary>
    private static readonly TimeSpan GoneTimeout = TimeSpan.FromMilliseconds(500);

    public async Task<IResult> RemoveAsync(HttpRequest request, string id, string participantId, CancellationToken ct)
    {
        var (view, key) = await MeetingAsync(request, id, ct).ConfigureAwait(false);
        if (!await participants.RemoveAsync(key.Tenant, id, participantId, time.GetUtcNow().ToUnixTimeMilliseconds(), ct).ConfigureAwait(false))
        {
            throw new ProblemException(ProblemCode.UnknownParticipant, "Unknown participant.");
        }

        // The removal is committed, so it continues even if the caller disconnects. Every replica reads the rows on each tick, so a failure from here on only
        // delays the removal.
        await TryNotifyAsync(() => bus.Presence.ExpelAsync(key, participantId, CancellationToken.None)).ConfigureAwait(false);
        try
        {
            await CallNodesAsync(view, (node, limit) => node.ExcludeParticipantAsync(id, participantId, limit), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            await TryNotifyAsync(() => bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Remove, ParticipantId = participantId, Text = "removed" }, CancellationToken.None))
                .ConfigureAwait(false);
            await TryNotifyAsync(() => bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Left, ParticipantId = participantId, Text = "removed" }, CancellationToken.None))
                .ConfigureAwait(false);
        }

        return Results.NoContent();
    }

    public async Task<IResult> MuteAsync(HttpRequest request, string id, string participantId, CancellationToken ct)
    {
        var (view, key) = await MeetingAsync(request, id, ct).ConfigureAwait(false);
        var body = await RequestBody.ReadJsonAsync<MuteRequest>(request, ct).ConfigureAwait(false);
        if (!WireName.TryParse<MediaType>(body.MediaType, out var kind))
        {
            throw ProblemException.Invalid("mediaType", "must be audio or video.");
        }

        var isAudio = kind == MediaType.Audio;
        try
        {
            _ = await bus.Presence.SetMediaAsync(key, participantId, isAudio ? PresenceMedia.Audio : PresenceMedia.Video, sending: false, silenced: true, ct).ConfigureAwait(false)
                ?? throw new ProblemException(ProblemCode.UnknownParticipant, "The participant is not in the meeting.");
            await bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Presence, ParticipantId = participantId }, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            throw Unavailable();
        }

        await participants.SetMediaAsync(key.Tenant, id, participantId, isAudio ? false : null, isAudio ? null : false, ct).ConfigureAwait(false);
        var muted = isAudio ? new MuteState { Microphone = true } : new MuteState { Camera = true };
        await CallNodesAsync(view, (node, limit) => node.MuteAsync(id, participantId, new TrackMuteRequest { Muted = muted }, limit), ct).ConfigureAwait(false);
        return Results.NoContent();
    }

    private static async Task TryNotifyAsync(Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            // The other replicas read the removal from the database on their next tick.
        }
    }

    private static ProblemException Unavailable() =>
        new(ProblemCode.Unavailable, "The meeting bus is unavailable, so the participant was not muted. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };

    private async Task<(MeetingView View, MeetingKey Key)> MeetingAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var subject = credentials.Host(request, id);
        var view = directory.Find(id) ?? throw await missing.GetProblemAsync(request, id, ct).ConfigureAwait(false);
        if (view.TenantName != subject.Tenant)
        {
            throw credentials.UnknownMeeting(request);
        }

        if (!Credentials.IsForMeeting(subject, view))
        {
            throw credentials.CountFailure(request, new ProblemException(ProblemCode.Forbidden, "The token was issued for an earlier meeting with this ID."));
        }

        return view.IsEnded
            ? throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.")
            : (view, new MeetingKey(view.TenantName, id));
    }

    /// <summary>
    /// Applies the action on all media nodes of the meeting. Does nothing if it has none, or where the node does not know the participant, because then no media flows
    /// there. Hardly waits for a node that is gone; the call to it goes on, because it may be slow, or out of reach only for a moment.
    /// </summary>
    private Task CallNodesAsync(MeetingView view, Func<NodeControlClient, CancellationToken, Task> call, CancellationToken ct) =>
        Task.WhenAll(view.Serving.Select(assignment => CallNodeAsync(view, assignment, call, ct)));

    private async Task CallNodeAsync(MeetingView view, MediaAssignment assignment, Func<NodeControlClient, CancellationToken, Task> call, CancellationToken ct)
    {
        var isGone = sessions.IsGone(view, assignment.Key);
        var calling = TryCallAsync(assignment, call, isGone ? CancellationToken.None : ct);
        if (isGone)
        {
            await Task.WhenAny(calling, Task.Delay(GoneTimeout, time, ct)).ConfigureAwait(false);
        }

        var isWaitedFor = !isGone || calling.IsCompleted;
        if ((isWaitedFor ? await calling.ConfigureAwait(false) : NodeCallFailure.Of(new TimeoutException())) is { } failure)
        {
            throw new ProblemException(ProblemCode.MediaNodeUnreachable, failure.Message) { RetryAfter = TimeSpan.FromSeconds(2) };
        }
    }

    /// <summary>Applies the action on one media node. Returns null if it is done.</summary>
    private async Task<NodeCallFailure?> TryCallAsync(MediaAssignment assignment, Func<NodeControlClient, CancellationToken, Task> call, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(options.Timings.NodeCallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            await call(nodes.Client(assignment), linked.Token).ConfigureAwait(false);
            return null;
        }
        catch (NodeControlException e) when (e.Code is "unknown-participant" or "unknown-room")
        {
            return null; // The media node has no media of this participant.
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure && !ct.IsCancellationRequested)
        {
            metrics.NodeFailed(failure.Reason);
            return failure;
        }
    }
}
