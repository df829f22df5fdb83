using System.Collections.Concurrent;
using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>
/// Reads what the rows say for good about the meetings of this instance. Sessions ask whenever they like; what is asked while a query of the same
/// tenant runs goes into the next one, so that many meetings cost few queries.
/// </summary>
public sealed class StandingReader(IMeetingRepository meetings)
{
    private const int MeetingsPerQuery = 500;

    private readonly ConcurrentDictionary<string, Waiting> tenants = new(StringComparer.Ordinal);

    public async Task<MeetingStanding> ReadAsync(MeetingKey meeting, CancellationToken ct)
    {
        var waiting = tenants.GetOrAdd(meeting.Tenant, static _ => new Waiting());
        var answer = waiting.Ask(meeting.MeetingId, out var isFirst);
        if (isFirst)
        {
            _ = Task.Run(() => RunAsync(meeting.Tenant, waiting), CancellationToken.None);
        }

        return await answer.WaitAsync(ct).ConfigureAwait(false);
    }

    private async Task RunAsync(string tenant, Waiting waiting)
    {
        while (waiting.Take(MeetingsPerQuery) is { Count: > 0 } asked)
        {
            try
            {
                var standings = await meetings.ListStandingsAsync(tenant, [.. asked.Keys], CancellationToken.None).ConfigureAwait(false);
                foreach (var (meetingId, answer) in asked)
                {
                    answer.TrySetResult(standings.GetValueOrDefault(meetingId) ?? MeetingStanding.Open);
                }
            }
            catch (Exception e)
            {
                foreach (var answer in asked.Values)
                {
                    answer.TrySetException(e);
                    _ = answer.Task.Exception;
                }
            }
        }
    }

    /// <summary>Questions of one tenant that no query has taken yet.</summary>
    private sealed class Waiting
    {
        private readonly Lock gate = new();
        private readonly Dictionary<string, TaskCompletionSource<MeetingStanding>> asked = new(StringComparer.Ordinal);
        private bool running;

        /// <param name="meetingId">Meeting to read.</param>
        /// <param name="isFirst">True when nobody reads for this tenant now, so that the caller has to begin.</param>
        public Task<MeetingStanding> Ask(string meetingId, out bool isFirst)
        {
            lock (gate)
            {
                isFirst = !running;
                running = true;
                if (!asked.TryGetValue(meetingId, out var answer))
                {
                    asked[meetingId] = answer = new TaskCompletionSource<MeetingStanding>(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                return answer.Task;
            }
        }

        /// <summary>The next questions; empty when the reading ends.</summary>
        public Dictionary<string, TaskCompletionSource<MeetingStanding>> Take(int most)
        {
            lock (gate)
            {
                var next = asked.Take(most).ToDictionary(StringComparer.Ordinal);
                foreach (var meetingId in next.Keys)
                {
                    asked.Remove(meetingId);
                }

                running = next.Count > 0;
                return next;
            }
        }
    }
}
