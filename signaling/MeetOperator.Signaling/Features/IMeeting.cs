using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Features;

/// <summary>
/// One meeting on this replica, as its features see it. <see cref="Members"/>, <see cref="Roster"/> and <see cref="EndAsync"/> belong to the session's loop; everything
/// else is thread-safe.
/// </summary>
internal interface IMeeting
{
    MeetingKey Key { get; }

    TimeProvider Time { get; }

    /// <summary>The media of the meeting.</summary>
    MeetingMedia Media { get; }

    Members Members { get; }

    Roster Roster { get; }

    /// <summary>True after the end of the meeting was announced. A later meeting may have the same ID.</summary>
    bool HasEnded { get; }

    /// <summary>Cancelled when this replica no longer serves the meeting.</summary>
    CancellationToken Closed { get; }

    /// <summary>Returns the meeting's resource, or null if it was deleted or its ID now belongs to another meeting.</summary>
    MeetingView? View();

    /// <summary>Queues an action on the session's loop.</summary>
    void Post(Func<Task> action);

    /// <summary>Runs a function on the session's loop and returns its result or exception. Must not be awaited on the loop itself.</summary>
    Task<T> InvokeAsync<T>(Func<Task<T>> function);

    /// <summary>Publishes an event to all replicas, including this one. While the bus is unavailable, only this replica handles it.</summary>
    Task PublishAsync(BusEvent e);

    /// <summary>Announces the end of the meeting and closes all sockets. Does nothing if it has already ended.</summary>
    Task EndAsync(string reason);

    /// <summary>Logs an unexpected failure of one step. The meeting goes on.</summary>
    void LogFailure(Exception e);
}
