namespace MeetOperator.Signaling.Transport;

/// <summary>What happens to a frame when the client reads more slowly than frames arrive.</summary>
internal enum Lane
{
    /// <summary>The frame uses the whole queue. If the queue is full, the client is disconnected.</summary>
    Required,

    /// <summary>The frame uses only a share of the queue. If the share is full, the frame is dropped and the client stays connected.</summary>
    Droppable,
}
