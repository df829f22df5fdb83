using System.Threading.Channels;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Rows;

/// <summary>Closes the database rows of meetings that end while no participant is in them. Every replica does so; closing a row is idempotent.</summary>
internal sealed partial class EndedRows : BackgroundService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly Channel<Meeting> _ended = Channel.CreateUnbounded<Meeting>(new UnboundedChannelOptions { SingleReader = true });
    private readonly MeetingDirectory _directory;
    private readonly IMeetingRepository _rows;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IDisposable _subscription;

    public EndedRows(Informer<Meeting> meetings, MeetingDirectory directory, IMeetingRepository rows, TimeProvider time, ILogger<EndedRows> logger)
    {
        _directory = directory;
        _rows = rows;
        _time = time;
        _logger = logger;
        _subscription = meetings.OnChange(change =>
        {
            var isOver = change.New is null || MeetingView.HasEnded(change.New);
            if (isOver && !(change.Old is not null && change.New is not null && MeetingView.HasEnded(change.Old)))
            {
                _ended.Writer.TryWrite(change.Object);
            }
        });
    }

    public override void Dispose()
    {
        _subscription.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var meeting in _ended.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false))
        {
            while (!await TryCloseAsync(meeting, stoppingToken).ConfigureAwait(false))
            {
                await Task.Delay(RetryAfter, _time, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> TryCloseAsync(Meeting meeting, CancellationToken ct)
    {
        if (!_directory.HasSynced)
        {
            return false;
        }

        if (_directory.FindTenant(meeting.Spec.TenantRef.Name) is not { } tenant || tenant.Spec.Namespace != meeting.Metadata.Namespace)
        {
            // A Meeting object outside its tenant's namespace has no row.
            return true;
        }

        try
        {
            await _rows.CloseAsync(tenant.Metadata.Name!, MeetingId.Of(meeting), _time.GetUtcNow().ToUnixTimeMilliseconds(), ct).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The error is permanent. Continue with the rows of other meetings.
            LogNotClosed(_logger, e, MeetingId.Of(meeting));
            return true;
        }
    }

    [LoggerMessage(3092, LogLevel.Error, "Failed to close the database row of ended meeting {Meeting}.")]
    private static partial void LogNotClosed(ILogger logger, Exception e, string meeting);
}
