using System.Text.Json;
using System.Text.Json.Serialization;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.ProblemReports;

/// <summary>Takes the reports that participants send about problems, and returns them to the host and the tenant as long as the rows of the meeting are kept.</summary>
internal sealed class DiagnosticsEndpoint(Credentials credentials, IDiagnosticRepository reports, IMeetingRepository meetings, SignalingMetrics metrics, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan SendPeriod = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan AddressPeriod = TimeSpan.FromMinutes(10);

    private static readonly JsonSerializerOptions Stored = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>A person who retries or corrects a report at once is not stopped.</summary>
    private readonly Throttle _sending = Throttle.OneEvery(SendPeriod, burst: 3);

    /// <summary>Whoever joins again is another participant, and must not fill the meeting's reports alone. Many people in one office have one address.</summary>
    private readonly Throttle _storing = Throttle.OneEvery(AddressPeriod, burst: 20);

    public async Task<IResult> SendAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var subject = credentials.Ticket(request, id);
        if (!_sending.TryTake($"{subject.Tenant}/{id}/{subject.ParticipantId}"))
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, "This participant sends reports too often. Try again in a minute.") { RetryAfter = SendPeriod };
        }

        var body = await RequestBody.ReadJsonAsync<DiagnosticsRequest>(request, ProtocolLimits.MaxReportBytes, ct).ConfigureAwait(false);
        DiagnosticsRules.Check(body);
        if (!_storing.TryTake($"{subject.Tenant}/{id} {CallerAddress.Of(request)}"))
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, "Too many reports about this meeting came from this address. Try again in ten minutes.") { RetryAfter = AddressPeriod };
        }

        var row = new DiagnosticRow
        {
            Tenant = subject.Tenant,
            MeetingId = id,
            ReportId = Guid.NewGuid().ToString("D"),
            ParticipantId = subject.ParticipantId!,
            Reference = body.Reference!,
            CreatedAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Text = body.Text is null ? null : PlainText.Clean(body.Text),
            Browser = PlainText.Clean(body.Browser!),
            Statistics = JsonSerializer.Serialize(body.Statistics, Stored),
        };
        var result = await reports.AddAsync(row, ProtocolLimits.MaxReportsOfParticipant, ProtocolLimits.MaxReportsOfMeeting, ct).ConfigureAwait(false);
        switch (result.Outcome)
        {
            case DiagnosticOutcome.Ended:
                throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.");
            case DiagnosticOutcome.NotMember:
                throw new ProblemException(ProblemCode.Forbidden, "This participant is no longer in the meeting.");
            case DiagnosticOutcome.ParticipantFull:
                throw new ProblemException(ProblemCode.QuotaExceeded, $"This participant has already sent {ProtocolLimits.MaxReportsOfParticipant} reports in this meeting.");
            case DiagnosticOutcome.MeetingFull:
                throw new ProblemException(ProblemCode.QuotaExceeded, $"The meeting already has {ProtocolLimits.MaxReportsOfMeeting} reports.");
            case DiagnosticOutcome.Stored:
                metrics.ProblemReported();
                break;
        }

        return Results.Json(new StoredReportResponse(result.ReportId!), statusCode: StatusCodes.Status201Created);
    }

    public async Task<IResult> ListAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var tenant = await AuthorizeAsync(request, id, ct).ConfigureAwait(false);
        var rows = await reports.ListAsync(tenant, id, ct).ConfigureAwait(false);
        return Results.Ok(new DiagnosticsResponse(id, [.. rows.Select(row => new DiagnosticsResponse.Report(row.ReportId, row.ParticipantId, row.DisplayName, At(row), row.Text, row.Browser))]));
    }

    public async Task<IResult> GetAsync(HttpRequest request, string id, string reportId, CancellationToken ct)
    {
        var tenant = await AuthorizeAsync(request, id, ct).ConfigureAwait(false);
        var row = reportId.Length > ProtocolLimits.MaxIdLength ? null : await reports.FindAsync(tenant, id, reportId, ct).ConfigureAwait(false);
        return row is null
            ? throw new ProblemException(ProblemCode.UnknownReport, "The meeting has no report with this ID.")
            : Results.Ok(new DiagnosticResponse(
                row.ReportId, row.ParticipantId, row.DisplayName, At(row), row.Text, row.Browser, JsonSerializer.Deserialize<IReadOnlyList<DiagnosticSample>>(row.Statistics, Stored)!));
    }

    public void Dispose()
    {
        _sending.Dispose();
        _storing.Dispose();
    }

    /// <summary>Returns the tenant. A meeting of another tenant gets the same response as one that does not exist.</summary>
    private async Task<string> AuthorizeAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var tenant = credentials.HostOrTenant(request, id);
        return await meetings.FindAsync(tenant, id, ct).ConfigureAwait(false) is null ? throw credentials.UnknownMeeting(request) : tenant;
    }

    private static string At(DiagnosticRow row) => WireTime.Format(DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt));
}
