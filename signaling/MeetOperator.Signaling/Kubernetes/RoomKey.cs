namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Identifies one room of a meeting on one media node, as long as the node has it.</summary>
/// <param name="Namespace">Namespace of the SfuNode.</param>
/// <param name="Node">Name of the SfuNode.</param>
/// <param name="ControlUrl">Address of the node's NodeControl API.</param>
/// <param name="Generation">Fencing number of the room.</param>
internal sealed record RoomKey(string Namespace, string Node, Uri ControlUrl, long Generation);
