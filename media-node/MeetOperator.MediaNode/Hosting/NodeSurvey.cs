using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// Asks every loop for its figures, and does not wait for one that is stuck: then it gives those that the loop told last. Rooms are always those
/// that exist now.
/// </summary>
internal sealed class NodeSurvey(IReadOnlyList<MediaLoop> loops, RoomDirectory directory)
{
    /// <summary>A loop answers within a batch, far below a millisecond; whoever polls the node waits for less than a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);
    private readonly LoopSurvey?[] _last = new LoopSurvey?[loops.Count];

    public Task<LoopSurvey[]> AskAsync(CancellationToken ct) => Task.WhenAll(loops.Select((loop, index) => AskAsync(loop, index, ct)));

    private async Task<LoopSurvey> AskAsync(MediaLoop loop, int index, CancellationToken ct)
    {
        var rooms = directory.Rooms.Where(r => r.Loop == loop).ToList();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            return _last[index] = await loop.RunAsync(() => Survey(loop, rooms), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Remembered(_last[index], loop, rooms);
        }
    }

    private static LoopSurvey Survey(MediaLoop loop, List<NodeRoom> rooms)
    {
        var reports = new List<RoomReport>();
        long forwarded = 0;
        foreach (var room in rooms.Where(r => !r.IsClosed))
        {
            try
            {
                reports.Add(room.Report(withParticipants: false));
                forwarded += room.Participants.Sum(p => p.PublishedTracks.Sum(t => t.Track.ForwardedPackets));
            }
            catch (Exception e)
            {
                // One room that cannot say how it is must not make the whole node look dead.
                room.Fail(e);
            }
        }

        return new LoopSurvey(loop.Statistics(), reports, loop.ForwardedByGoneTracks + forwarded);
    }

    private static LoopSurvey Remembered(LoopSurvey? last, MediaLoop loop, List<NodeRoom> rooms) => new(
        last?.Statistics ?? LoopStatistics.None(loop.Port),
        [.. rooms.Select(room => (last?.Rooms.FirstOrDefault(r => r.Room == room.Id) ?? new RoomReport { Room = room.Id }) with
        {
            Generation = room.Generation,
            Participants = room.ParticipantCount,
        })],
        last?.ForwardedPackets ?? 0);
}
