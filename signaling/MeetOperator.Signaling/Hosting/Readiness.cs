using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Rows;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Signaling.Hosting;

/// <summary>
/// Checks whether this replica can accept new work. Existing media and sockets are not affected, and liveness does not use this check. One complete read from
/// the API server is enough, because joins use the informer cache. Redis must have responded once. A later Redis outage does not make the replica unready:
/// all replicas would become unready together, and participants could not even reconnect with a ticket.
/// </summary>
internal sealed class Readiness(MeetingDirectory directory, ControlCertificate certificate, ISqlDatabase database, Schema schema, IMeetingBus bus, GracefulShutdown shutdown, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>Shorter than the kubelet's probe timeout, so that the response can name the database as the cause.</summary>
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _checking = new(1);
    private string? _databaseFailure = "the database has not been checked yet";
    private long _checkedAt = long.MinValue;
    private bool _wasBusConnected;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        ProbeAnswer.Of(await GetNotReadyMessageAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Returns null if ready, otherwise what is missing.</summary>
    private async Task<string?> GetNotReadyMessageAsync(CancellationToken ct)
    {
        if (shutdown.IsShuttingDown)
        {
            return "the server is shutting down";
        }

        if (!directory.HasSynced)
        {
            return "the meetings have not been read from the Kubernetes API server yet";
        }

        if (certificate.Current is null)
        {
            return "the operator has not issued the client certificate for media nodes yet";
        }

        _wasBusConnected |= bus.IsConnected;
        if (!_wasBusConnected)
        {
            return "the meeting bus (Redis) has not been reached yet";
        }

        await _checking.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_checkedAt == long.MinValue || time.GetElapsedTime(_checkedAt) > CheckInterval)
            {
                _databaseFailure = schema.NotReadyMessage ?? await CheckDatabaseAsync(ct).ConfigureAwait(false);
                _checkedAt = time.GetTimestamp();
            }

            return _databaseFailure;
        }
        finally
        {
            _checking.Release();
        }
    }

    private async Task<string?> CheckDatabaseAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(CheckTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            await database.RunAsync(
                default,
                async connection =>
                {
                    await using var command = connection.CreateCommand();
                    command.CommandText = "SELECT 1";
                    return await command.ExecuteScalarAsync(linked.Token).ConfigureAwait(false);
                },
                linked.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception) when (!ct.IsCancellationRequested)
        {
            return "the database cannot be reached";
        }
    }
}
