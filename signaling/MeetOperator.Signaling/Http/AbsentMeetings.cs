using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>What to say of a meeting that this instance does not see: that there never was one, or that it is over. Rows outlive objects.</summary>
public sealed class AbsentMeetings(IMeetingRepository rows, MeetingDirectory directory, KubeClient kube, Credentials credentials, TimeProvider time)
{
    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(3);

    public async Task<ProblemException> ExplainAsync(HttpRequest request, string id, CancellationToken ct)
    {
        // Counted first: who guesses ids is slowed down before he costs the database anything.
        var unknown = credentials.UnknownMeeting(request);
        if (unknown.Code != ProblemCode.UnknownMeeting)
        {
            return unknown;
        }

        return await HasEndedAsync(id, ct).ConfigureAwait(false) ? new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.")
            : directory.IsCurrent ? unknown
            : NotKnown();
    }

    private static ProblemException NotKnown() =>
        new(ProblemCode.Unavailable, "Whether the meeting exists is not known now: the Kubernetes API server does not answer.") { RetryAfter = TimeSpan.FromSeconds(2) };

    private async Task<bool> HasEndedAsync(string id, CancellationToken ct)
    {
        if (!Guid.TryParseExact(id, "D", out _) || await rows.FindByIdAsync(id, ct).ConfigureAwait(false) is not { } row)
        {
            return false;
        }

        if (row.Status == MeetingRowStatus.Ended)
        {
            return true;
        }

        // Nobody was in it when its object went, so nobody closed the row; or it was made a moment ago and is not seen here yet.
        if (await ExistsAsync(row, ct).ConfigureAwait(false))
        {
            return false;
        }

        await rows.CloseAsync(row.Tenant, id, time.GetUtcNow().ToUnixTimeMilliseconds(), ct).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> ExistsAsync(MeetingRow row, CancellationToken ct)
    {
        if (directory.FindTenant(row.Tenant) is not { } tenant)
        {
            return false;
        }

        using var limit = new CancellationTokenSource(AskWithin, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await kube.TryGetAsync<Meeting>(new NamespacedName(tenant.Spec.Namespace, row.MeetingId), linked.Token).ConfigureAwait(false) is not null;
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw NotKnown();
        }
    }
}
