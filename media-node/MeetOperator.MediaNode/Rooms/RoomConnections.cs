using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Counts the media sessions of one room. Of those that fail, only the first counts: a participant can let any number of sessions fail on purpose, and the counts decide whether a
/// rollout goes on. Used only on the loop's thread.
/// </summary>
/// <param name="counts">The counts of the loop; null when the room's sessions are not those of participants.</param>
/// <param name="share">The room.</param>
internal sealed class RoomConnections(ConnectionCounts? counts, RoomShare share)
{
    public void RecordConnected()
    {
        if (counts is not null)
        {
            counts.Connected++;
        }
    }

    public void RecordFailed()
    {
        if (counts is not null && share.TryMarkFailedConnection())
        {
            counts.Failed++;
        }
    }
}
