using MeetOperator.Operator.Webhook;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Operator.Hosting;

/// <summary>Reports whether the replica can take over: it has read the cluster and, if the webhook is on, can serve admission requests.</summary>
internal sealed class OperatorReadiness(OperatorService service, WebhookCertificates? certificates = null) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ProbeAnswer.Of(service.IsReady ? certificates?.Problem : "the informers have not synced yet"));
}
