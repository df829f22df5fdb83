namespace MeetOperator.Signaling.ProblemReports;

/// <summary>Body of <c>POST /meetings/{id}/diagnostics</c>.</summary>
internal sealed record DiagnosticsRequest
{
    /// <summary>True: the person has seen this report and agreed to send it.</summary>
    public bool? Consent { get; init; }

    /// <summary>Chosen by the client. Uploads of a participant with the same reference are stored once.</summary>
    public string? Reference { get; init; }

    /// <summary>What the person wrote, at most 2,000 characters.</summary>
    public string? Text { get; init; }

    /// <summary>The browser and its version, at most 400 characters.</summary>
    public string? Browser { get; init; }

    /// <summary>The measurements before the report, oldest first, at most 130.</summary>
    public IReadOnlyList<DiagnosticSample?>? Statistics { get; init; }
}
