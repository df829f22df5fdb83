using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>Can this instance take new work? Media and open sockets go on whatever the answer is; liveness never asks.</summary>
public sealed class Readiness(MeetingDirectory directory, ISqlDatabase database, IMeetingBus bus, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    private string? databaseProblem = "the database has not been reached yet";
    private long checkedAt = long.MinValue;

    /// <summary>Null when ready, else what is missing.</summary>
    public async Task<string?> ProblemAsync(CancellationToken ct)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return "the server is going down";
        }

        if (!directory.HasSynced)
        {
            return "the Kubernetes API server has not been read yet";
        }

        if (!bus.IsConnected)
        {
            return "the meeting bus is away";
        }

        if (checkedAt == long.MinValue || time.GetElapsedTime(checkedAt) > CheckEvery)
        {
            databaseProblem = await CheckDatabaseAsync(ct).ConfigureAwait(false);
            checkedAt = time.GetTimestamp();
        }

        return databaseProblem;
    }

    private async Task<string?> CheckDatabaseAsync(CancellationToken ct)
    {
        try
        {
            await using var connection = await database.OpenAsync(ct).ConfigureAwait(false);
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT 1";
            await command.ExecuteScalarAsync(ct).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (Failures.IsDatabaseOutage(e))
        {
            return "the database cannot be reached";
        }
    }
}
