using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>Create, read and end meetings.</summary>
public sealed class MeetingEndpoints(
    MeetingWriter writer, MeetingDirectory directory, AbsentMeetings absent, Credentials credentials, Tokens tokens, Urls urls, IMeetingBus bus, SignalingOptions options, SignalingMetrics metrics, TimeProvider time)
{
    /// <summary>How long creating waits until this instance itself sees the meeting, so that joining it at once works.</summary>
    private static readonly TimeSpan SeenWait = TimeSpan.FromSeconds(2);

    private readonly Throttle creates = new(perSecond: 200, burst: 400);

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
        if (tenant.Status?.Usage.ConcurrentMeetings >= tenant.Spec.Quotas.ConcurrentMeetings)
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, $"The tenant has {tenant.Spec.Quotas.ConcurrentMeetings} open meetings, which is its quota.") { RetryAfter = TimeSpan.FromSeconds(10) };
        }

        var meeting = await writer.CreateAsync(body, mode, tenant, ct).ConfigureAwait(false);
        metrics.Created();
        var id = meeting.Metadata.Name!;
        await directory.WaitAsync(id, view => view is not null, SeenWait, time, ct).ConfigureAwait(false);
        var ahead = body.StartTime is { } start && start > time.GetUtcNow() ? start - time.GetUtcNow() : TimeSpan.Zero;
        var hostToken = tokens.Issue(TokenKind.Host, new TokenSubject { Tenant = tenant.Metadata.Name!, MeetingId = id }, ahead + options.Timings.HostTokenLife);
        return Results.Created($"/meetings/{id}", new CreateMeetingAnswer(id, urls.JoinUrl(request, id), hostToken));
    }

    public async Task<IResult> GetAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var view = directory.Find(id) ?? throw await absent.ExplainAsync(request, id, ct).ConfigureAwait(false);
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
        await writer.EndAsync(credentials.Host(request, id).Tenant, id, ct).ConfigureAwait(false);

        // Ended, or ended and removed long ago: either way it is as was asked for.
        return Results.Ok(new SuccessAnswer(true));
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
