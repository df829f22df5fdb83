using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Features.Quality;

/// <summary>
/// Collects what members report about the quality that they receive. Reports are added up in memory and written to the database every few seconds, which all replicas read:
/// a report of each member every 10 s would be too many writes, and its loss is harmless.
/// </summary>
internal sealed class QualityFeature : IMeetingFeature
{
    private static readonly Task<ProtocolError?> Handled = Task.FromResult<ProtocolError?>(null);

    private readonly Lock _gate = new();
    private readonly IMeeting _meeting;
    private readonly IQualityRepository _rows;
    private readonly SignalingMetrics _metrics;
    private readonly SignalingTimings _timings;
    private readonly QualityLedger _ledger;
    private readonly MemberPaths _paths;

    /// <summary>When each member's last report was accepted, in milliseconds.</summary>
    private readonly Dictionary<string, long> _acceptedAt = new(StringComparer.Ordinal);
    private long _writtenAt;
    private Task _writing = Task.CompletedTask;

    public QualityFeature(IMeeting meeting, IQualityRepository rows, SignalingMetrics metrics, SignalingTimings timings)
    {
        _meeting = meeting;
        _rows = rows;
        _metrics = metrics;
        _timings = timings;
        _ledger = new QualityLedger(meeting.Key);
        _paths = new MemberPaths(metrics);
        _writtenAt = Now;

        // When the last member leaves, nothing else is called.
        meeting.Closed.Register(() =>
        {
            _paths.Close();
            _ = WriteAsync();
        });
    }

    private long Now => _meeting.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<ProtocolError?>? Handle(Member from, ClientMessage message)
    {
        if (message is not QualityMessage report)
        {
            return null;
        }

        _meeting.Post(() =>
        {
            Accept(from, report);
            return Task.CompletedTask;
        });
        return Handled;
    }

    public Task OnTickAsync()
    {
        foreach (var gone in _acceptedAt.Keys.Where(id => _meeting.Members.Find(id) is null).ToList())
        {
            _acceptedAt.Remove(gone);
        }

        _paths.Keep(id => _meeting.Members.Find(id) is not null);
        if (Now - _writtenAt >= _timings.QualityWriteInterval.TotalMilliseconds && _writing.IsCompleted)
        {
            _writtenAt = Now;
            _writing = WriteAsync();
        }

        return Task.CompletedTask;
    }

    public async Task OnSocketsClosedAsync()
    {
        _paths.Close();
        await _writing.ConfigureAwait(false);
        await WriteAsync().ConfigureAwait(false);
    }

    /// <summary>A client that reports more often than it should is not told, and its other reports do not count.</summary>
    private void Accept(Member from, QualityMessage report)
    {
        var now = Now;
        if (!_meeting.Members.IsCurrent(from)
            || (_acceptedAt.TryGetValue(from.ParticipantId, out var last) && now - last < _timings.QualityReportInterval.TotalMilliseconds))
        {
            return;
        }

        _acceptedAt[from.ParticipantId] = now;
        lock (_gate)
        {
            _ledger.Add(from.ParticipantId, report, now, id => _meeting.Roster.Find(id) is not null);
        }

        if (report.Path is { } path)
        {
            _paths.Set(from.ParticipantId, path, report.PathReason);
        }

        _metrics.QualityReported(report);
    }

    /// <summary>Writes what was reported since the last write. A failure loses it: the next reports follow in seconds.</summary>
    private async Task WriteAsync()
    {
        QualityRows rows;
        lock (_gate)
        {
            if (_ledger.IsEmpty)
            {
                return;
            }

            rows = _ledger.Take();
        }

        try
        {
            await _rows.AddAsync(_meeting.Key.Tenant, _meeting.Key.MeetingId, rows.Lines, rows.Tracks, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!TransientErrors.IsDatabaseOutage(e))
            {
                _meeting.LogFailure(e);
            }
        }
    }
}
