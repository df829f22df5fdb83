using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Harness;

internal static class EventStreams
{
    /// <summary>Waits until signaling reads the events of a node that the client uses. Before, a node that has lost the room looks like one that does not have it yet.</summary>
    public static Task ReadAsync(SimulatedMediaNode node, string meeting, TestClient client) => Eventually.TrueAsync(
        () =>
        {
            node.Emit(meeting, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = client.Id, Level = 90 });
            return client.OfType("speaking").Count > 0;
        },
        "signaling reads the events");
}
