using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Statistics;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// Collects the figures of all loops. For a loop that does not respond within <see cref="ResponseTimeout"/>, it returns the last known figures. The list of
/// rooms is always current.
/// </summary>
internal sealed class FigureCollector(IReadOnlyList<MediaLoop> loops, RoomDirectory directory)
{
    /// <summary>A healthy loop responds in less than a millisecond; the operator's poll times out after less than a second.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromMilliseconds(300);
    private readonly LoopFigures?[] _last = new LoopFigures?[loops.Count];

    public Task<LoopFigures[]> CollectAsync(CancellationToken ct) => Task.WhenAll(loops.Select((loop, index) => CollectAsync(loop, index, ct)));

    private async Task<LoopFigures> CollectAsync(MediaLoop loop, int index, CancellationToken ct)
    {
        var rooms = directory.Parts.Where(r => r.Loop == loop).ToList();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ResponseTimeout);
        try
        {
            return _last[index] = (await loop.RunInStepsAsync(() => Measure(loop, rooms), limit.Token).ConfigureAwait(false))!;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return LastKnown(_last[index], loop, rooms);
        }
    }

    /// <summary>Measures in steps: the report of each room has several.</summary>
    private static IEnumerable<LoopFigures?> Measure(MediaLoop loop, List<NodeRoom> rooms)
    {
        var reports = new List<RoomReport>();
        foreach (var room in rooms)
        {
            using var steps = room.Report(withParticipants: false).GetEnumerator();
            while (TryStep(room, steps))
            {
                if (steps.Current is { } report)
                {
                    reports.Add(report);
                }

                yield return null;
            }
        }

        yield return new LoopFigures(loop.Statistics(), reports, loop.ForwardedPackets);
    }

    /// <summary>Runs a step. False when there is none, or after an error: one in a room must not fail the report of the whole node.</summary>
    private static bool TryStep(NodeRoom room, IEnumerator<RoomReport?> steps)
    {
        try
        {
            return steps.MoveNext();
        }
        catch (Exception e)
        {
            room.Fail(e);
            return false;
        }
    }

    private static LoopFigures LastKnown(LoopFigures? last, MediaLoop loop, List<NodeRoom> rooms) => new(
        last?.Statistics ?? LoopStatistics.None(loop.Port),
        [.. rooms.Select(room => room.LastKnown(withParticipants: false))],
        last?.ForwardedPackets ?? 0);
}
