using MeetOperator.NodeControl;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Features.Headless;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Turn;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>WHIP (RFC 9725) and WHEP endpoints: standard clients publish and play media with one HTTP request. The ticket identifies the participant.</summary>
internal sealed class WhipEndpoints(
    MeetingDirectory directory, MeetingNotFound missing, MeetingSessions sessions, MediaNodes nodes, Credentials credentials, MediaSessionSeal seal, IParticipantRepository participants)
{
    private const string SdpType = "application/sdp";

    /// <summary>An encoder that lost its connection retries every few seconds. Each attempt creates a new peer on the media node.</summary>
    private readonly Throttle _publishing = Throttle.OneEvery(TimeSpan.FromSeconds(1), burst: 20);

    private readonly MeetingServices _services = sessions.Services;

    public async Task<IResult> PublishAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var subject = credentials.Ticket(request, id);
        if (!_publishing.TryTake($"{subject.Tenant}/{id}/{subject.ParticipantId}"))
        {
            throw ProblemException.TooMany("This participant starts publishing too often. Try again later.");
        }

        return await OpenAsync(request, id, "whip", subject, (node, room, owner, sdp, limit) => node.PublishAsync(
            room.MeetingId, owner, new SdpOffer { Generation = room.Generation, Sdp = sdp, Restart = true }, limit), ct).ConfigureAwait(false);
    }

    public async Task<IResult> PlayAsync(HttpRequest request, string id, string? participant, CancellationToken ct)
    {
        var subject = credentials.Ticket(request, id);
        if (participant is not null
            && directory.Find(id) is { } view
            && (await _services.Bus.Presence.ListAsync(new MeetingKey(view.TenantName, id), ct).ConfigureAwait(false)).All(p => p.ParticipantId != participant || !p.Connected))
        {
            throw new ProblemException(ProblemCode.UnknownParticipant, "The participant is not in the meeting.");
        }

        return await OpenAsync(request, id, "whep", subject, (node, room, owner, sdp, limit) => node.PlayAsync(
            room.MeetingId, owner, new PlayRequest { Generation = room.Generation, Sdp = sdp, Feeds = participant is null ? [] : [participant] }, limit), ct).ConfigureAwait(false);
    }

    public async Task<IResult> CloseAsync(HttpRequest request, string id, string session, CancellationToken ct)
    {
        var subject = credentials.Ticket(request, id);
        if (!seal.TryOpen(subject, session, out var sessionId))
        {
            throw new ProblemException(ProblemCode.Forbidden, "The session does not belong to the participant of this ticket.");
        }

        if (!directory.HasSynced)
        {
            throw new ProblemException(ProblemCode.Unavailable, "This server is still reading the meetings. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };
        }

        if (directory.Find(id) is { } view)
        {
            // Only one of the nodes has the session. On a node that is gone, the session is too.
            var serving = view.Serving.Where(assignment => !sessions.IsGone(view, assignment.Key));
            await Task.WhenAll(serving.Select(assignment => EndAsync(assignment, id, sessionId, ct))).ConfigureAwait(false);
        }

        return Results.NoContent();
    }

    private Task EndAsync(MediaAssignment assignment, string id, string sessionId, CancellationToken ct) => CallAsync(assignment, async (node, limit) =>
    {
        try
        {
            await node.DeleteSessionAsync(id, sessionId, limit).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Code is "unknown-room" or "unknown-session")
        {
            // The session has already ended.
        }

        return true;
    }, ct);

    private async Task<IResult> OpenAsync(
        HttpRequest request,
        string id,
        string kind,
        TokenSubject subject,
        Func<NodeControlClient, (string MeetingId, long Generation), string, string, CancellationToken, Task<SdpAnswer>> open,
        CancellationToken ct)
    {
        var sdp = await RequestBody.ReadSdpAsync(request, ct).ConfigureAwait(false);
        var row = await participants.FindAsync(subject.Tenant, id, subject.ParticipantId!, ct).ConfigureAwait(false);
        if (row is null or { ConnectionStatus: ConnectionStatuses.Removed })
        {
            throw NotInMeeting();
        }

        var view = await directory.WaitAsync(
            id, v => v is null || v.IsEnded || v.Assignment is not null, _services.Options.Timings.PlacementTimeout, _services.Time, ct).ConfigureAwait(false)
            ?? throw await missing.GetProblemAsync(request, id, ct).ConfigureAwait(false);
        if (view.TenantName != subject.Tenant)
        {
            throw new ProblemException(ProblemCode.Forbidden, "The ticket was issued for another meeting.");
        }

        if (view.IsEnded)
        {
            throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.");
        }

        if (view.IsE2ee)
        {
            throw new ProblemException(ProblemCode.EncryptionRequired, "This meeting is encrypted end to end. WHIP and WHEP clients cannot encrypt, so they cannot take part.");
        }

        if (view.Assignment is null)
        {
            throw NotPlaced(view);
        }

        // A new WHIP session may replace the previous one. Other participants must not see the participant leave in between.
        var opening = $"opening-{Guid.NewGuid():N}";
        await using var hold = await sessions.AcquireAsync(view).ConfigureAwait(false);
        await Headless(hold).AddOpeningSessionAsync(row.ParticipantId, opening).ConfigureAwait(false);
        SdpAnswer answer;
        MediaAssignment assignment;
        try
        {
            (answer, assignment) = await OpenAsync(
                hold.Session.Media, view, subject, (node, known, limit) => open(node, (id, known.Generation), row.ParticipantId, sdp, limit), ct).ConfigureAwait(false);
            await AddHeadlessAsync(view, row, assignment, answer.SessionId).ConfigureAwait(false);
        }
        finally
        {
            await Headless(hold).EndSessionAsync(row.ParticipantId, opening).ConfigureAwait(false);
        }

        request.HttpContext.Response.Headers.Location = $"/meetings/{id}/{kind}/{seal.Seal(subject, answer.SessionId)}";
        if (!RelayQuota.IsReached(view.Tenant))
        {
            request.HttpContext.Response.Headers.Link = IceServerLinks.Of(_services.Relays.Issue(view, row.ParticipantId, assignment.Key, subject.Region, view.ConnectivityOf(assignment.Key, subject.Region)).IceServers);
        }

        return Results.Text(answer.Sdp, SdpType, System.Text.Encoding.UTF8, StatusCodes.Status201Created);
    }

    /// <summary>
    /// Opens a session on the node that the participant uses, or if that is full, or fails or leaves the meeting meanwhile, on another one. If all are full, waits some time for a place. Then
    /// tells the node the participant's region.
    /// </summary>
    private async Task<(SdpAnswer Answer, MediaAssignment Assignment)> OpenAsync(
        MeetingMedia media, MeetingView view, TokenSubject subject, Func<NodeControlClient, MediaAssignment, CancellationToken, Task<SdpAnswer>> open, CancellationToken ct)
    {
        var participantId = subject.ParticipantId!;
        await media.FindLastRoomAsync(participantId, ct).ConfigureAwait(false);
        using var place = new PlaceWait(media.Line, _services.Time, _services.Options.Timings.PlaceTimeout);
        if (!media.Line.IsEmpty)
        {
            await WaitAsync().ConfigureAwait(false); // others came before
        }

        var assignment = media.ChooseHeadless(participantId, subject.Region) ?? throw NotPlaced(view);
        while (true)
        {
            var room = media.Served.Find(assignment.Key);
            room?.Expect(participantId);
            SdpAnswer? answer;
            try
            {
                answer = await CallAsync<SdpAnswer?>(assignment, room is null ? TryOpenAsync : (_, limit) => room.CallAsync(TryOpenAsync, limit), ct).ConfigureAwait(false);
            }
            catch (ProblemException) when (room is { IsOver: true } && media.ChooseHeadless(participantId, subject.Region) is { } other && other.Key != assignment.Key)
            {
                assignment = other;
                continue;
            }

            if (answer is not null)
            {
                _ = ReportRegionAsync(assignment, view.Id, participantId, subject.Region, CancellationToken.None); // The session exists, whatever becomes of this request.
                return (answer, assignment);
            }

            media.MarkFull(assignment.Key);
            assignment = media.ChooseNew(subject.Region) ?? throw NotPlaced(view);
            if (!assignment.HasPlace)
            {
                await WaitAsync().ConfigureAwait(false);
                assignment = media.ChooseNew(subject.Region) ?? throw NotPlaced(view);
            }
        }

        async Task WaitAsync()
        {
            await place.WaitAsync(static () => throw Full(), ct).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            if (media.Line.IsClosed)
            {
                throw NotPlaced(view);
            }
        }

        static ProblemException Full() => new(ProblemCode.NotPlaced, "All media nodes of the meeting are full. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };

        async Task<SdpAnswer?> TryOpenAsync(NodeControlClient node, CancellationToken limit)
        {
            try
            {
                return await open(node, assignment, limit).ConfigureAwait(false);
            }
            catch (Exception e) when (NodeCallFailure.IsFull(e))
            {
                return null;
            }
        }
    }

    private TimeSpan Now => _services.Time.GetElapsedTime(0);

    /// <summary>Tells the node the participant's region, for its report. A call that fails is not repeated: the node then counts the participant without a region.</summary>
    private async Task ReportRegionAsync(MediaAssignment assignment, string id, string participantId, string? region, CancellationToken ct)
    {
        if (region is null)
        {
            return;
        }

        try
        {
            await CallAsync(
                assignment,
                async (node, limit) =>
                {
                    await node.PutParticipantAsync(id, participantId, new ParticipantSpec { Generation = assignment.Generation, Region = region }, limit).ConfigureAwait(false);
                    return true;
                },
                ct).ConfigureAwait(false);
        }
        catch (ProblemException)
        {
            // The session is open.
        }
    }

    private static ProblemException NotPlaced(MeetingView view) =>
        new(ProblemCode.NotPlaced, view.BlockingCondition?.Message ?? "The meeting has no media node yet. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };

    private static HeadlessFeature Headless(SessionReference hold) => hold.Session.Features.Get<HeadlessFeature>();

    private static ProblemException NotInMeeting() => new(ProblemCode.Forbidden, "This participant is no longer in the meeting.");

    /// <summary>Shows the participant to the other participants for as long as its media session exists.</summary>
    private async Task AddHeadlessAsync(MeetingView view, ParticipantRow row, MediaAssignment assignment, string sessionId)
    {
        var hold = await sessions.AcquireAsync(view).ConfigureAwait(false);
        var outcome = await Headless(hold).AddAsync(row, sessionId, hold).ConfigureAwait(false);
        if (outcome is EnterOutcome.Full or EnterOutcome.Removed)
        {
            await hold.Session.Media.RemoveParticipantAsync(assignment, row.ParticipantId).ConfigureAwait(false);
            throw outcome == EnterOutcome.Full ? new ProblemException(ProblemCode.MeetingFull, "The meeting is full.") : NotInMeeting();
        }

        if (directory.Find(view.Id) is { Assignment: not null } now && now.Serving.All(known => (known.Namespace, known.Node) != (assignment.Namespace, assignment.Node)))
        {
            // The meeting moved while the session was being opened.
            await Headless(hold).EndSessionAsync(row.ParticipantId, sessionId).ConfigureAwait(false);
            try
            {
                await EndAsync(assignment, view.Id, sessionId, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ProblemException)
            {
                // The cleanup of former rooms ends the session.
            }

            throw new ProblemException(ProblemCode.NotPlaced, "The meeting has moved to another media node. Try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
    }

    private async Task<T> CallAsync<T>(MediaAssignment assignment, Func<NodeControlClient, CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_services.Options.Timings.NodeCallTimeout, _services.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await call(nodes.Client(assignment), linked.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Code == "unknown-room")
        {
            throw new ProblemException(ProblemCode.NotPlaced, "The meeting is moving to another media node. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
        catch (Exception e) when (NodeCallFailure.IsParticipantRemoved(e))
        {
            throw NotInMeeting();
        }
        catch (NodeControlException e) when (e.Code == "nothing-to-play")
        {
            throw new ProblemException(ProblemCode.NotPublishing, "Nothing is published yet. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
        catch (NodeControlException e) when (e.Code == "too-many-new-tracks")
        {
            throw ProblemException.TooMany(e.Message);
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure && !ct.IsCancellationRequested)
        {
            _services.Metrics.NodeFailed(failure.Reason);
            throw failure.Code == ErrorCode.InvalidSdp
                ? ProblemException.Invalid("body", failure.Message)
                : new ProblemException(ProblemCode.MediaNodeUnreachable, failure.Message) { RetryAfter = TimeSpan.FromSeconds(2) };
        }
    }
}
