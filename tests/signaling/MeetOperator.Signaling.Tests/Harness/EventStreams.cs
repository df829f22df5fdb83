using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Harness;

internal static class EventStreams
{
    private static int _reads;

    /// <summary>
    /// Waits until signaling has handled all events so far of a node that the client uses. Before it reads them, a node that has lost a room or a session looks like one that does not have
    /// it yet.
    /// </summary>
    public static Task ReadAsync(SimulatedMediaNode node, string meeting, TestClient client)
    {
        var speaker = $"speaker-{Interlocked.Increment(ref _reads)}";
        return Eventually.TrueAsync(
            () =>
            {
                node.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = speaker, Level = 90 });
                return client.OfType("speaking").Any(m => (string?)m["participantId"] == speaker);
            },
            "signaling reads the events");
    }
}
