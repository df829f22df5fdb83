using MeetOperator.Signaling.Data;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Signaling;

/// <summary>
/// Can this instance take new work? Media and open sockets go on whatever the answer is; liveness never asks. What was read once of the API
/// server is enough, for meetings are joined from the copy. Redis must have answered once, and its later absence does not make an instance
/// unready: all would be at once, and then nobody could even come back with a ticket.
/// </summary>
public sealed class Readiness(MeetingDirectory directory, ControlCertificate certificate, ISqlDatabase database, Schema schema, IMeetingBus bus, GracefulEnd end, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    /// <summary>Shorter than the kubelet's patience with a probe, so that the answer names the database.</summary>
    private static readonly TimeSpan CheckWithin = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim checking = new(1);
    private string? databaseProblem = "the database has not been reached yet";
    private long checkedAt = long.MinValue;
    private bool busWasConnected;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        ProbeAnswer.Of(await ProblemAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Null when ready, else what is missing.</summary>
    private async Task<string?> ProblemAsync(CancellationToken ct)
    {
        if (end.IsEnding)
        {
            return "the server is going down";
        }

        if (!directory.HasSynced)
        {
            return "the Kubernetes API server has not been read yet";
        }

        if (certificate.Current is null)
        {
            return "the operator has not given this server a certificate for media nodes yet";
        }

        busWasConnected |= bus.IsConnected;
        if (!busWasConnected)
        {
            return "the meeting bus has not been reached yet";
        }

        await checking.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (checkedAt == long.MinValue || time.GetElapsedTime(checkedAt) > CheckEvery)
            {
                databaseProblem = schema.Problem ?? await CheckDatabaseAsync(ct).ConfigureAwait(false);
                checkedAt = time.GetTimestamp();
            }

            return databaseProblem;
        }
        finally
        {
            checking.Release();
        }
    }

    private async Task<string?> CheckDatabaseAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(CheckWithin, time);
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
