using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Reports what is known of the lines of a room's participants. When one of them uses another media node, also because this one has failed, signaling tells that node what it knows.
/// Used only on the loop's thread.
/// </summary>
/// <param name="events">The events of the room.</param>
/// <param name="measure">Adds the lines of all participants.</param>
internal sealed class RoomLineReports(RoomEventHub events, Action<LineChanges> measure)
{
    private const long IntervalTicks = 2 * TimeSpan.TicksPerSecond;
    private readonly LineChanges _changes = new();
    private long _nextTicks;

    /// <summary>Publishes one event for all lines that have changed, at most every 2 s. Called about every 10 ms.</summary>
    public void HandleTimeout(long nowTicks)
    {
        if (nowTicks < _nextTicks)
        {
            return;
        }

        _nextTicks = nowTicks + IntervalTicks;
        measure(_changes);
        if (_changes.Take() is { Count: > 0 } changed)
        {
            events.Publish(EventOf(changed));
        }
    }

    /// <summary>Adds what other readers know. What has changed since then follows with the next event.</summary>
    public void AddCurrent(List<QueuedEvent> state)
    {
        if (_changes.Known is { Count: > 0 } known)
        {
            state.Add(EventOf(known));
        }
    }

    private static RoomEvent EventOf(IReadOnlyList<ParticipantLine> lines) => new() { Type = RoomEventTypes.Lines, Lines = lines };
}
