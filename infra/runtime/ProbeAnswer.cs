using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator;

/// <summary>What a probe of the platform is answered: <c>ok</c>, or 503 with what is wrong in words.</summary>
internal static class ProbeAnswer
{
    /// <summary>Tag of checks that fail when only a restart helps.</summary>
    public const string Live = "live";

    /// <summary>Tag of checks that fail while the process can take no work.</summary>
    public const string Ready = "ready";

    public static async Task<IResult> OfAsync(HealthCheckService checks, string tag, CancellationToken ct)
    {
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains(tag), ct).ConfigureAwait(false);
        var problems = report.Entries.Values.Where(entry => entry.Status != HealthStatus.Healthy).Select(entry => entry.Description ?? "a health check failed");
        return report.Status == HealthStatus.Healthy ? Results.Text("ok") : Results.Text(string.Join('\n', problems), statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Healthy without a problem, else unhealthy because of it.</summary>
    public static HealthCheckResult Of(string? problem) => problem is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(problem);
}
