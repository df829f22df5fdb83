using System.Security.Cryptography;
using MeetOperator.Contracts;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>Create, read and end meetings.</summary>
public sealed class MeetingEndpoints(
    MeetingWriter writer, MeetingDirectory directory, AbsentMeetings absent, Credentials credentials, IdempotencyKeys idempotency, Tokens tokens, Urls urls, IMeetingBus bus, SignalingOptions options, SignalingMetrics metrics, TimeProvider time)
{
    /// <summary>How long creating waits until this instance itself sees the meeting, so that joining it at once works.</summary>
    private static readonly TimeSpan SeenWait = TimeSpan.FromSeconds(2);

    private readonly Throttle creates = new(perSecond: 200, burst: 400);

    /// <summary>The burst lets a large office open the page at once.</summary>
    private readonly Throttle readsFromOneAddress = new(perSecond: 50, burst: 500);

    public async Task<IResult> CreateAsync(HttpRequest request, CancellationToken ct)
    {
        var tenant = credentials.Tenant(request);
        if (!creates.TryTake(tenant.Metadata.Name!))
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, "The tenant creates meetings too fast.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        var body = await RequestBody.ReadJsonAsync<CreateMeetingRequest>(request, ct).ConfigureAwait(false);
        var mode = MeetingRules.Check(body, tenant, time.GetUtcNow());
        body = body with { Title = PlainText.Clean(body.Title!) };
        var repeatable = await idempotency.ClaimAsync(request, tenant, body, ct).ConfigureAwait(false);
        if (repeatable is { CompletedAt: not null })
        {
            return Created(request, tenant, body, repeatable.MeetingId, repeatable.MeetingUid, repeatable);
        }

        // Made by the request of before, whose answer was lost: it may be the one that used up the quota.
        var made = repeatable is not null && directory.Find(repeatable.MeetingId) is { } view && view.TenantName == tenant.Metadata.Name ? view.Object : null;
        if (made is null && tenant.Status?.Usage.ConcurrentMeetings >= tenant.Spec.Quotas.ConcurrentMeetings)
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, $"The tenant has {tenant.Spec.Quotas.ConcurrentMeetings} open meetings, which is its quota.") { RetryAfter = TimeSpan.FromSeconds(10) };
        }

        var meeting = made ?? await writer.CreateAsync(repeatable?.MeetingId, body, mode, tenant, ct).ConfigureAwait(false);
        metrics.Created();
        var id = meeting.Metadata.Name!;
        if (repeatable is not null)
        {
            repeatable = await idempotency.CompleteAsync(repeatable, meeting.Metadata.Uid, ct).ConfigureAwait(false);
        }

        await directory.WaitAsync(id, view => view is not null, SeenWait, time, ct).ConfigureAwait(false);
        return Created(request, tenant, body, id, repeatable is null ? meeting.Metadata.Uid : repeatable.MeetingUid, repeatable);
    }

    public async Task<IResult> GetAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var view = directory.Find(id) ?? throw await absent.ExplainAsync(request, id, ct).ConfigureAwait(false);
        if (!readsFromOneAddress.TryTake($"{id} {CallerAddress.Of(request)}"))
        {
            throw ProblemException.TooMany("The meeting is read too often from this address.");
        }

        var present = view.IsEnded ? [] : await ListAsync(new MeetingKey(view.TenantName, id), ct).ConfigureAwait(false);
        return Results.Ok(new MeetingAnswer(
            id,
            view.Title,
            view.Object.Spec.HostSubject,
            [.. present.Where(p => p.Connected).Select(p => new ParticipantAnswer(p.ParticipantId, p.DisplayName, p.Audio, p.Video, p.Role))],
            view.Status));
    }

    public async Task<IResult> EndAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var subject = credentials.Host(request, id);
        if (directory.Find(id) is not { } view || view.TenantName != subject.Tenant || Credentials.IsOf(subject, view))
        {
            await writer.EndAsync(subject, ct).ConfigureAwait(false);
        }

        // Ended, or ended and removed long ago: either way it is as was asked for.
        return Results.Ok(new SuccessAnswer(true));
    }

    /// <summary>The answer to a request that came before is the same to the letter: its token has the time and the ids of then.</summary>
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
        var hostToken = tokens.Issue(TokenKind.Host, subject, starts + options.Timings.HostTokenLife);
        return Results.Created($"/meetings/{id}", new CreateMeetingAnswer(id, urls.JoinUrl(request, id), hostToken));
    }

    private async Task<IReadOnlyList<PresenceEntry>> ListAsync(MeetingKey key, CancellationToken ct)
    {
        try
        {
            return await bus.Presence.ListAsync(key, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsBusOutage(e))
        {
            throw new ProblemException(ProblemCode.Unavailable, "Who is in the meeting is not known now.") { RetryAfter = TimeSpan.FromSeconds(2) };
        }
    }
}
