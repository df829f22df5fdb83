using System.Collections.Concurrent;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Features.Moderation;

/// <summary>
/// Reads the moderation state of this replica's meetings from the database. Requests that arrive while a query for the same tenant runs share the next query, so
/// that many meetings need few queries. Thread-safe.
/// </summary>
internal sealed class ModerationReader(IMeetingRepository meetings)
{
    private const int MeetingsPerQuery = 500;

    private readonly ConcurrentDictionary<string, PendingReads> _tenants = new(StringComparer.Ordinal);

    public async Task<ModerationState> ReadAsync(MeetingKey meeting, CancellationToken ct)
    {
        var waiting = _tenants.GetOrAdd(meeting.Tenant, static _ => new PendingReads());
        var result = waiting.Add(meeting.MeetingId, out var isFirst);
        if (isFirst)
        {
            _ = Task.Run(() => RunAsync(meeting.Tenant, waiting), CancellationToken.None);
        }

        return await result.WaitAsync(ct).ConfigureAwait(false);
    }

    private async Task RunAsync(string tenant, PendingReads waiting)
    {
        while (waiting.Take(MeetingsPerQuery) is { Count: > 0 } pending)
        {
            try
            {
                var states = await meetings.ListModerationStatesAsync(tenant, [.. pending.Keys], CancellationToken.None).ConfigureAwait(false);
                foreach (var (meetingId, result) in pending)
                {
                    result.TrySetResult(states.GetValueOrDefault(meetingId) ?? ModerationState.Open);
                }
            }
            catch (Exception e)
            {
                foreach (var result in pending.Values)
                {
                    result.TrySetException(e);
                    _ = result.Task.Exception;
                }
            }
        }
    }

    /// <summary>Requests of one tenant that are not part of a query yet.</summary>
    private sealed class PendingReads
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, TaskCompletionSource<ModerationState>> _pending = new(StringComparer.Ordinal);
        private bool _running;

        /// <param name="meetingId">The meeting to read.</param>
        /// <param name="isFirst">True if no query loop runs for this tenant, so the caller must start one.</param>
        public Task<ModerationState> Add(string meetingId, out bool isFirst)
        {
            lock (_gate)
            {
                isFirst = !_running;
                _running = true;
                if (!_pending.TryGetValue(meetingId, out var result))
                {
                    _pending[meetingId] = result = new TaskCompletionSource<ModerationState>(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                return result.Task;
            }
        }

        /// <summary>Takes the next requests. The query loop ends when there are none.</summary>
        public Dictionary<string, TaskCompletionSource<ModerationState>> Take(int limit)
        {
            lock (_gate)
            {
                var next = _pending.Take(limit).ToDictionary(StringComparer.Ordinal);
                foreach (var meetingId in next.Keys)
                {
                    _pending.Remove(meetingId);
                }

                _running = next.Count > 0;
                return next;
            }
        }
    }
}
