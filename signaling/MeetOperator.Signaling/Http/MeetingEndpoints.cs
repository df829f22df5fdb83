using System.Security.Cryptography;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Creates, reads and ends meetings.</summary>
internal sealed class MeetingEndpoints(
    MeetingWriter writer, MeetingDirectory directory, MeetingNotFound missing, Credentials credentials, IdempotencyKeys idempotency, Tokens tokens, Urls urls, IMeetingBus bus, SignalingOptions options, SignalingMetrics metrics, TimeProvider time)
{
    /// <summary>How long creating a meeting waits until this replica has it in its cache, so that it can be joined immediately.</summary>
    private static readonly TimeSpan CacheTimeout = TimeSpan.FromSeconds(2);

    private readonly Throttle _creates = new(perSecond: 200, burst: 400);

    /// <summary>The burst allows a large office to open the page at the same time.</summary>
    private readonly Throttle _readsFromOneAddress = new(perSecond: 50, burst: 500);

    public async Task<IResult> CreateAsync(HttpRequest request, CancellationToken ct)
    {
        var tenant = credentials.Tenant(request);
        if (!_creates.TryTake(tenant.Metadata.Name!))
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, "The tenant is creating meetings too quickly. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        var body = await RequestBody.ReadJsonAsync<CreateMeetingRequest>(request, ct).ConfigureAwait(false);
        var mode = MeetingRules.Check(body, tenant, time.GetUtcNow());
        body = body with { Title = PlainText.Clean(body.Title!) };
        var repeatable = await idempotency.ClaimAsync(request, tenant, body, ct).ConfigureAwait(false);
        if (repeatable is { CompletedAt: not null })
        {
            return Created(request, tenant, body, repeatable.MeetingId, repeatable.MeetingUid, repeatable);
        }

        // An earlier request may have created this meeting without a response. The meeting itself may have exhausted the quota, so the quota is not checked.
        var existing = repeatable is not null && directory.Find(repeatable.MeetingId) is { } view && view.TenantName == tenant.Metadata.Name ? view.Object : null;
        if (existing is null && tenant.Status?.Usage.ConcurrentMeetings >= tenant.Spec.Quotas.ConcurrentMeetings)
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, $"The tenant has reached its quota of {tenant.Spec.Quotas.ConcurrentMeetings} open meetings.") { RetryAfter = TimeSpan.FromSeconds(10) };
        }

        var meeting = existing ?? await writer.CreateAsync(repeatable?.MeetingId, body, mode, tenant, ct).ConfigureAwait(false);
        metrics.Created();
        var id = meeting.Metadata.Name!;
        if (repeatable is not null)
        {
            repeatable = await idempotency.CompleteAsync(repeatable, meeting.Metadata.Uid, ct).ConfigureAwait(false);
        }

        await directory.WaitAsync(id, view => view is not null, CacheTimeout, time, ct).ConfigureAwait(false);
        return Created(request, tenant, body, id, repeatable is null ? meeting.Metadata.Uid : repeatable.MeetingUid, repeatable);
    }

    public async Task<IResult> GetAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var view = directory.Find(id) ?? throw await missing.GetProblemAsync(request, id, ct).ConfigureAwait(false);
        if (!_readsFromOneAddress.TryTake($"{id} {CallerAddress.Of(request)}"))
        {
            throw ProblemException.TooMany("Too many requests for this meeting from this address. Try again later.");
        }

        var present = view.IsEnded ? [] : await ListAsync(new MeetingKey(view.TenantName, id), ct).ConfigureAwait(false);
        return Results.Ok(new MeetingResponse(
            id,
            view.Title,
            view.Object.Spec.HostSubject,
            [.. present.Where(p => p.Connected).Select(p => new ParticipantResponse(p.ParticipantId, p.DisplayName, p.Audio, p.Video, p.Role))],
            view.Status));
    }

    public async Task<IResult> EndAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var subject = credentials.Host(request, id);
        if (directory.Find(id) is not { } view || view.TenantName != subject.Tenant || Credentials.IsForMeeting(subject, view))
        {
            await writer.EndAsync(subject, ct).ConfigureAwait(false);
        }

        // The meeting has ended or was deleted, which is the requested state.
        return Results.Ok(new SuccessResponse(true));
    }

    /// <summary>Builds the response. A repeated request gets an identical response, because the token is issued with the stored time and IDs.</summary>
    private IResult Created(HttpRequest request, Tenant tenant, CreateMeetingRequest body, string id, string? uid, IdempotencyRow? repeatable)
    {
        var issued = repeatable?.CompletedAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : time.GetUtcNow();
        var starts = body.StartTime is { } start && start > issued ? start : issued;
        var subject = new TokenSubject
        {
            Tenant = tenant.Metadata.Name!,
            MeetingId = id,
            MeetingUid = uid,
            TokenId = repeatable?.TokenId ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            IssuedAt = issued,
        };
        var hostToken = tokens.Issue(TokenKind.Host, subject, starts + options.Timings.HostTokenLifetime);
        return Results.Created($"/meetings/{id}", new CreateMeetingResponse(id, urls.JoinUrl(request, id), hostToken));
    }

    private async Task<IReadOnlyList<PresenceEntry>> ListAsync(MeetingKey key, CancellationToken ct)
    {
        try
        {
            return await bus.Presence.ListAsync(key, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            throw new ProblemException(ProblemCode.Unavailable, "The server cannot list the participants now. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };
        }
    }
}
