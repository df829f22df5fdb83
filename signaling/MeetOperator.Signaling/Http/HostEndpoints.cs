using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>What a host may do to participants. It works from any instance: the bus tells the one that holds the socket.</summary>
public sealed class HostEndpoints(
    MeetingDirectory directory, AbsentMeetings absent, Credentials credentials, IParticipantRepository participants, IMeetingBus bus, MediaNodes nodes, SignalingOptions options, SignalingMetrics metrics, TimeProvider time)
{
    public async Task<IResult> RemoveAsync(HttpRequest request, string id, string participantId, CancellationToken ct)
    {
        var (view, key) = await MeetingAsync(request, id, ct).ConfigureAwait(false);
        if (!await participants.RemoveAsync(key.Tenant, id, participantId, time.GetUtcNow().ToUnixTimeMilliseconds(), ct).ConfigureAwait(false))
        {
            throw new ProblemException(ProblemCode.UnknownParticipant, "There is no such participant in the meeting.");
        }

        // The removal is decided: it is carried out also when the caller goes away. Every instance looks at the rows on each tick, so what fails
        // from here on only makes it later.
        await TellAsync(() => bus.Presence.ExpelAsync(key, participantId, CancellationToken.None)).ConfigureAwait(false);
        try
        {
            await AtNodeAsync(view, (node, limit) => node.DeleteParticipantAsync(id, participantId, limit), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            await TellAsync(() => bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Remove, ParticipantId = participantId, Text = "removed" }, CancellationToken.None))
                .ConfigureAwait(false);
            await TellAsync(() => bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Left, ParticipantId = participantId, Text = "removed" }, CancellationToken.None))
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
                ?? throw new ProblemException(ProblemCode.UnknownParticipant, "There is no such participant in the meeting now.");
            await bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Presence, ParticipantId = participantId }, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsBusOutage(e))
        {
            throw Unavailable();
        }

        await participants.SetMediaAsync(key.Tenant, id, participantId, isAudio ? false : null, isAudio ? null : false, ct).ConfigureAwait(false);
        var muted = isAudio ? new MuteState { Microphone = true } : new MuteState { Camera = true };
        await AtNodeAsync(view, (node, limit) => node.MuteAsync(id, participantId, new TrackMuteRequest { Muted = muted }, limit), ct).ConfigureAwait(false);
        return Results.NoContent();
    }

    private static async Task TellAsync(Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsBusOutage(e))
        {
            // The instances find the row.
        }
    }

    private static ProblemException Unavailable() =>
        new(ProblemCode.Unavailable, "The instances of the server cannot reach each other now.") { RetryAfter = TimeSpan.FromSeconds(2) };

    private async Task<(MeetingView View, MeetingKey Key)> MeetingAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var subject = credentials.Host(request, id);
        var view = directory.Find(id) ?? throw await absent.ExplainAsync(request, id, ct).ConfigureAwait(false);
        if (view.TenantName != subject.Tenant)
        {
            throw credentials.UnknownMeeting(request);
        }

        if (!Credentials.IsOf(subject, view))
        {
            throw credentials.Failed(request, new ProblemException(ProblemCode.Forbidden, "The token is of an earlier meeting with this id."));
        }

        return view.IsEnded
            ? throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.")
            : (view, new MeetingKey(view.TenantName, id));
    }

    /// <summary>Enforces it where media flows. Without a node there is nothing to enforce; a participant that the node does not know sends nothing.</summary>
    private async Task AtNodeAsync(MeetingView view, Func<NodeControlClient, CancellationToken, Task> call, CancellationToken ct)
    {
        if (view.Assignment is not { } assignment)
        {
            return;
        }

        using var limit = new CancellationTokenSource(options.Timings.NodeCall, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            await call(nodes.Client(assignment), linked.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Code is "unknown-participant" or "unknown-room")
        {
            // Nothing of it is at the node.
        }
        catch (Exception e) when (NodeFailure.Of(e) is { } failure && !ct.IsCancellationRequested)
        {
            metrics.NodeFailed(failure.Cause);
            throw new ProblemException(ProblemCode.MediaNodeUnreachable, failure.Message) { RetryAfter = TimeSpan.FromSeconds(2) };
        }
    }
}
