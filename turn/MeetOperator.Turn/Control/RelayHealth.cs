using MeetOperator.Turn.Probing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Turn.Control;

/// <summary>Ready while the relay works for clients.</summary>
internal sealed class RelayHealth(AllocationProbe probe) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(ProbeAnswer.Of(probe.Problem));
}
