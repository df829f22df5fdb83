using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator;

/// <summary>Responses to liveness and readiness probes: <c>ok</c>, or 503 with one problem per line.</summary>
internal static class ProbeAnswer
{
    /// <summary>The tag of checks whose failure only a restart can repair.</summary>
    public const string Live = "live";

    /// <summary>The tag of checks that fail while the process cannot accept work.</summary>
    public const string Ready = "ready";

    public static async Task<IResult> OfAsync(HealthCheckService checks, string tag, CancellationToken ct)
    {
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains(tag), ct).ConfigureAwait(false);
        var problems = report.Entries.Values.Where(entry => entry.Status != HealthStatus.Healthy).Select(entry => entry.Description ?? "a health check failed");
        return report.Status == HealthStatus.Healthy ? Results.Text("ok") : Results.Text(string.Join('\n', problems), statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Healthy when <paramref name="problem"/> is null, otherwise unhealthy with the problem as description.</summary>
    public static HealthCheckResult Of(string? problem) => problem is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(problem);
}
