using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Surveys;

/// <summary>Takes one answer of each participant about the call, also shortly after the meeting, and lists the answers for the host and the tenant.</summary>
internal sealed class SurveyEndpoint(
    Credentials credentials, MeetingDirectory directory, ISurveyRepository survey, IMeetingRepository meetings, SignalingOptions options, SignalingMetrics metrics, TimeProvider time) : IDisposable
{
    private const int PageAnswers = 100;

    /// <summary>A person who changes their mind is not stopped.</summary>
    private readonly Throttle _answers = Throttle.OneEvery(TimeSpan.FromSeconds(5), burst: 10);

    public async Task<IResult> AnswerAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var subject = credentials.Ticket(request, id);
        if (!_answers.TryTake($"{subject.Tenant}/{id}/{subject.ParticipantId}"))
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, "This participant answers too often. Try again in a few seconds.") { RetryAfter = TimeSpan.FromSeconds(5) };
        }

        var body = await RequestBody.ReadJsonAsync<SurveyRequest>(request, ct).ConfigureAwait(false);
        if (body.Rating is not (>= 1 and <= 5))
        {
            throw ProblemException.Invalid("rating", "must be a whole number from 1 (very bad) to 5 (very good).");
        }

        if (body.Text is { } text && (text.Length > ProtocolLimits.MaxSurveyTextLength || !PlainText.IsCleanText(text) || PlainText.Clean(text).Length == 0))
        {
            throw ProblemException.Invalid("text", $"must be 1 to {ProtocolLimits.MaxSurveyTextLength} characters of visible text without control characters, or missing.");
        }

        CheckEnabled(subject.Tenant);
        var now = time.GetUtcNow();
        var answer = new SurveyRow
        {
            Tenant = subject.Tenant,
            MeetingId = id,
            ParticipantId = subject.ParticipantId!,
            Rating = body.Rating.Value,
            Text = body.Text is null ? null : PlainText.Clean(body.Text),
            UpdatedAt = now.ToUnixTimeMilliseconds(),
        };
        switch (await survey.AnswerAsync(answer, (now - options.Timings.SurveyAfterEnd).ToUnixTimeMilliseconds(), ct).ConfigureAwait(false))
        {
            case SurveyOutcome.Ended:
                throw new ProblemException(ProblemCode.MeetingEnded, $"The meeting ended more than {options.Timings.SurveyAfterEnd.TotalMinutes:0} minutes ago.");
            case SurveyOutcome.NotMember:
                throw new ProblemException(ProblemCode.Forbidden, "This participant is no longer in the meeting.");
            case SurveyOutcome.Stored:
                metrics.SurveyAnswered(answer.Rating);
                break;
        }

        return Results.NoContent();
    }

    public async Task<IResult> ListAsync(HttpRequest request, string id, string? after, CancellationToken ct)
    {
        var tenant = credentials.HostOrTenant(request, id);
        if (after is { Length: 0 or > ProtocolLimits.MaxIdLength })
        {
            throw ProblemException.Invalid("after", "must be the value of 'next' in an earlier response.");
        }

        // A meeting of another tenant gets the same response as one that does not exist.
        _ = await meetings.FindAsync(tenant, id, ct).ConfigureAwait(false) ?? throw credentials.UnknownMeeting(request);
        var summary = SurveySummary.Of(await survey.CountAsync(tenant, id, ct).ConfigureAwait(false));
        var rows = await survey.ListAsync(tenant, id, after ?? string.Empty, PageAnswers, ct).ConfigureAwait(false);
        return Results.Ok(new SurveyResponse(id, summary, [.. rows.Select(AnswerOf)], rows.Count == PageAnswers ? rows[^1].ParticipantId : null));
    }

    public void Dispose() => _answers.Dispose();

    private static SurveyResponse.Answer AnswerOf(SurveyRow row) =>
        new(row.ParticipantId, row.DisplayName, WireTime.Format(DateTimeOffset.FromUnixTimeMilliseconds(row.UpdatedAt)), row.Rating, row.Text);

    private void CheckEnabled(string tenant)
    {
        if (!directory.HasSynced)
        {
            throw new ProblemException(ProblemCode.Unavailable, "This server is still reading the tenants. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };
        }

        if (directory.FindTenant(tenant)?.Spec.Survey.Enabled != true)
        {
            throw new ProblemException(ProblemCode.Forbidden, "The tenant of this meeting does not ask participants about the call.");
        }
    }
}
