using MeetOperator.Operator.Webhook;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Operator.Hosting;

/// <summary>Can the replica take work: has it read the cluster, and can it serve admission, where the webhook is on?</summary>
internal sealed class OperatorReadiness(OperatorService service, WebhookCertificates? certificates = null) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ProbeAnswer.Of(service.IsReady ? certificates?.Problem : "the informers have not synced yet"));
}
