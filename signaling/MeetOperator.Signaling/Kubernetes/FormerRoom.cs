using MeetOperator.Signaling.Data.Bus;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>A room with participants on a media node that its meeting has moved away from.</summary>
/// <param name="Meeting">The meeting.</param>
/// <param name="Namespace">Namespace of the SfuNode.</param>
/// <param name="Node">Name of the SfuNode.</param>
/// <param name="ControlUrl">Address of the node's NodeControl API; always HTTPS.</param>
/// <param name="Generation">Fencing number of the room.</param>
/// <param name="HasSuccessor">Whether the meeting has another node, so that its participants can reconnect.</param>
internal sealed record FormerRoom(MeetingKey Meeting, string Namespace, string Node, Uri ControlUrl, long Generation, bool HasSuccessor);
