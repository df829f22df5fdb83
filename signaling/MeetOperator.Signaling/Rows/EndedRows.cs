using System.Threading.Channels;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Rows;

/// <summary>Closes the database rows of meetings that end while no participant is in them. Every instance does so; closing a row is idempotent.</summary>
public sealed partial class EndedRows : BackgroundService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly Channel<Meeting> ended = Channel.CreateUnbounded<Meeting>(new UnboundedChannelOptions { SingleReader = true });
    private readonly MeetingDirectory directory;
    private readonly IMeetingRepository rows;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly IDisposable subscription;

    public EndedRows(Informer<Meeting> meetings, MeetingDirectory directory, IMeetingRepository rows, TimeProvider time, ILogger<EndedRows> logger)
    {
        this.directory = directory;
        this.rows = rows;
        this.time = time;
        this.logger = logger;
        subscription = meetings.OnChange(change =>
        {
            var isOver = change.New is null || MeetingView.HasEnded(change.New);
            if (isOver && !(change.Old is not null && change.New is not null && MeetingView.HasEnded(change.Old)))
            {
                ended.Writer.TryWrite(change.Object);
            }
        });
    }

    public override void Dispose()
    {
        subscription.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var meeting in ended.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false))
        {
            while (!await TryCloseAsync(meeting, stoppingToken).ConfigureAwait(false))
            {
                await Task.Delay(RetryAfter, time, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> TryCloseAsync(Meeting meeting, CancellationToken ct)
    {
        if (!directory.HasSynced)
        {
            return false;
        }

        if (directory.FindTenant(meeting.Spec.TenantRef.Name) is not { } tenant || tenant.Spec.Namespace != meeting.Metadata.Namespace)
        {
            // A Meeting object outside its tenant's namespace has no row.
            return true;
        }

        try
        {
            await rows.CloseAsync(tenant.Metadata.Name!, MeetingId.Of(meeting), time.GetUtcNow().ToUnixTimeMilliseconds(), ct).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The error is permanent. Continue with the rows of other meetings.
            LogNotClosed(logger, e, MeetingId.Of(meeting));
            return true;
        }
    }

    [LoggerMessage(3092, LogLevel.Error, "Failed to close the database row of ended meeting {Meeting}.")]
    private static partial void LogNotClosed(ILogger logger, Exception e, string meeting);
}
