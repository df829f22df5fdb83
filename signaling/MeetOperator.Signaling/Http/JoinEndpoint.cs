using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Joins a meeting: waits for its media node, reserves a place, and returns a ticket and a WebSocket URL.</summary>
internal sealed class JoinEndpoint(
    MeetingDirectory directory,
    MeetingNotFound missing,
    MeetingWriter writer,
    MeetingStateReader states,
    IParticipantRepository participants,
    IUserRepository users,
    IMeetingBus bus,
    Credentials credentials,
    Tokens tokens,
    Urls urls,
    SignalingOptions options,
    SignalingMetrics metrics,
    TimeProvider time)
{
    /// <summary>How long to wait for a meeting that was just created on another replica.</summary>
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromMilliseconds(400);

    private readonly Throttle _joins = new(perSecond: 200, burst: 500);

    /// <summary>
    /// A separate limit for requests with a ticket or token, so that anonymous callers behind the same address cannot exhaust it. The credential is verified
    /// later.
    /// </summary>
    private readonly Throttle _joinsWithCredential = new(perSecond: 200, burst: 500);
    private readonly Throttle _meetingJoins = new(perSecond: 100, burst: 1_000);

    /// <summary>Allows an office behind one address to join, but prevents one caller from taking every place.</summary>
    private readonly Throttle _meetingJoinsFromOneAddress = new(perSecond: 20, burst: 200);

    /// <summary>Callers with a ticket or host token are limited individually, not together with anonymous callers.</summary>
    private readonly Throttle _joinsByCredential = new(perSecond: 10, burst: 50);

    public async Task<IResult> JoinAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        try
        {
            var answer = await AnswerAsync(request, id, ct).ConfigureAwait(false);
            metrics.Joined("ok", time.GetElapsedTime(began));
            return Results.Ok(answer);
        }
        catch (ProblemException e)
        {
            metrics.Joined(WireName.Of(e.Code), time.GetElapsedTime(began));
            throw;
        }
    }

    private async Task<JoinResponse> AnswerAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var caller = CallerAddress.Of(request);
        var body = await RequestBody.ReadJsonAsync<JoinRequest>(request, ct).ConfigureAwait(false);
        var hasCredential = body.Ticket is not null || request.Headers.Authorization.Count > 0;
        if (!(hasCredential ? _joinsWithCredential : _joins).TryTake(caller))
        {
            throw ProblemException.TooMany("Too many joins from this address. Try again later.");
        }

        MeetingRules.Check(body);
        body = body with { DisplayName = PlainText.Clean(body.DisplayName!) };
        if (!Guid.TryParseExact(id, "D", out _))
        {
            throw credentials.UnknownMeeting(request);
        }

        var view = await directory.WaitAsync(id, v => v is not null, LookupTimeout, time, ct).ConfigureAwait(false) ?? throw await missing.GetProblemAsync(request, id, ct).ConfigureAwait(false);
        var isHost = credentials.AuthenticateHost(request, view);
        var ticket = body.Ticket is null ? null : credentials.Ticket(request, body.Ticket, view);
        ThrowIfEnded(view);
        if (ticket is not null || isHost)
        {
            if (!_joinsByCredential.TryTake($"{view.TenantName}/{id}/{ticket?.ParticipantId}"))
            {
                throw ProblemException.TooMany("Too many joins with this ticket or host token. Try again later.");
            }
        }
        else if (!_meetingJoinsFromOneAddress.TryTake($"{id} {caller}") || !_meetingJoins.TryTake(id))
        {
            throw ProblemException.TooMany("Too many participants are joining this meeting at once. Try again later.");
        }

        var returning = ticket is null ? null : await FindReturningAsync(ticket, ct).ConfigureAwait(false);
        view = await WaitForPlacementAsync(view, ct).ConfigureAwait(false);
        if (returning is null && view.Rejection is { } rejection)
        {
            throw NotPlaced(rejection); // Returning participants are not rejected, because they already have a place.
        }

        var region = body.Region ?? ticket?.Region ?? NetworkRegions.Find(view.Tenant.Spec.Regions.Networks, CallerAddress.AddressOf(request));
        var role = isHost || returning?.Role == WireName.Of(ParticipantRole.Host) ? ParticipantRole.Host : ParticipantRole.Participant;
        var participantId = returning?.ParticipantId ?? Guid.NewGuid().ToString("D");
        var reservation = await ReserveAsync(view, participantId, returning?.DisplayName ?? body.DisplayName!, role, caller, ct).ConfigureAwait(false);
        if (returning is null)
        {
            try
            {
                await SaveAsync(view, participantId, body, role, ct).ConfigureAwait(false);
            }
            catch
            {
                await ReleaseAsync(view, reservation).ConfigureAwait(false);
                throw;
            }
        }

        var subject = new TokenSubject { Tenant = view.TenantName, MeetingId = id, MeetingUid = view.Object.Metadata.Uid, ParticipantId = participantId, Region = region };
        return new JoinResponse(
            participantId,
            urls.WebSocketUrl(request, id, tokens.Issue(TokenKind.Code, subject, options.Timings.CodeLifetime)),
            [], // Relays follow when the participant enters (RelaysFeature).
            tokens.Issue(TokenKind.Ticket, subject, options.Timings.TicketLifetime),
            WireName.Of(role));
    }

    private static void ThrowIfEnded(MeetingView view)
    {
        if (view.IsEnded)
        {
            throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.");
        }
    }

    private async Task<ParticipantRow> FindReturningAsync(TokenSubject ticket, CancellationToken ct)
    {
        var row = await participants.FindAsync(ticket.Tenant, ticket.MeetingId, ticket.ParticipantId!, ct).ConfigureAwait(false)
            ?? throw new ProblemException(ProblemCode.Unauthorized, "The participant of 'ticket' is unknown. Join without it.");
        return row.ConnectionStatus != ConnectionStatuses.Removed
            ? row
            : throw RemovedByHost();
    }

    private static ProblemException RemovedByHost() => new(ProblemCode.Forbidden, "A host removed this participant from the meeting.");

    private async Task<MeetingView> WaitForPlacementAsync(MeetingView view, CancellationToken ct)
    {
        if (view.IsPeerToPeer)
        {
            return view;
        }

        var placed = await directory.WaitAsync(
            view.Id, v => v is null || v.IsEnded || v.Assignment is not null, options.Timings.PlacementTimeout, time, ct).ConfigureAwait(false)
            ?? throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.");
        ThrowIfEnded(placed);
        if (placed.Assignment is not null)
        {
            return placed;
        }

        throw NotPlaced(placed.BlockingCondition);
    }

    private static ProblemException NotPlaced(Condition? condition)
    {
        var isQuota = condition?.Reason.Contains("Quota", StringComparison.Ordinal) == true;
        return new ProblemException(
            isQuota ? ProblemCode.QuotaExceeded : ProblemCode.NotPlaced,
            condition is null ? "The meeting has no media node yet. Try again later." : $"{condition.Reason}: {condition.Message}")
        {
            RetryAfter = TimeSpan.FromSeconds(isQuota ? 10 : 2),
        };
    }

    /// <summary>Reserves a place for as long as the WebSocket URL is valid. A connected participant keeps its entry.</summary>
    private async Task<PresenceEntry> ReserveAsync(MeetingView view, string participantId, string displayName, ParticipantRole role, string caller, CancellationToken ct)
    {
        var key = new MeetingKey(view.TenantName, view.Id);
        var silenced = view.Object.Spec.Access.MuteOnEntry && role != ParticipantRole.Host;
        var entry = new PresenceEntry
        {
            ParticipantId = participantId,
            DisplayName = displayName,
            Role = WireName.Of(role),
            Audio = !silenced,
            AudioSilenced = silenced,
            Instance = options.ReplicaId,
            Connection = $"place-{Guid.NewGuid():N}",
            Address = caller,
            Since = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        try
        {
            var outcome = await bus.Presence.ReserveAsync(key, entry, view.Capacity, options.Timings.CodeLifetime, options.Timings.FirmReservation, ct).ConfigureAwait(false);
            if (outcome == EnterOutcome.Full)
            {
                throw new ProblemException(ProblemCode.MeetingFull, $"The meeting is full. It has {view.Capacity} places.");
            }

            if (outcome == EnterOutcome.Removed)
            {
                throw RemovedByHost();
            }

            return entry;
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            throw new ProblemException(ProblemCode.Unavailable, "The server cannot reserve a place in the meeting now. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };
        }
    }

    /// <summary>Releases the reservation of a failed join.</summary>
    private async Task ReleaseAsync(MeetingView view, PresenceEntry reservation)
    {
        try
        {
            await bus.Presence.RemoveAsync(new MeetingKey(view.TenantName, view.Id), reservation.ParticipantId, reservation.Connection, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            // The reservation can be taken by another participant when it is no longer firm.
        }
    }

    private async Task SaveAsync(MeetingView view, string participantId, JoinRequest body, ParticipantRole role, CancellationToken ct)
    {
        if (!await writer.EnsureRowAsync(view, ct).ConfigureAwait(false) && await states.ReadAsync(view, ct).ConfigureAwait(false) == MeetingState.Ended)
        {
            throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.");
        }

        if (body.UserId is not null)
        {
            await users.AddAsync(new UserRow { Tenant = view.TenantName, UserId = body.UserId, Name = body.DisplayName! }, ct).ConfigureAwait(false);
        }

        await participants.AddAsync(
            new ParticipantRow
            {
                Tenant = view.TenantName,
                MeetingId = view.Id,
                ParticipantId = participantId,
                UserId = body.UserId,
                DisplayName = body.DisplayName!,
                Role = WireName.Of(role),
                JoinTime = time.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            ct).ConfigureAwait(false);
    }
}
