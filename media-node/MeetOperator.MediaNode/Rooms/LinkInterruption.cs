namespace MeetOperator.MediaNode.Rooms;

/// <summary>An interruption of a link, which goes on when another link replaces it.</summary>
/// <param name="Participants">The participants of the other room whose tracks the link had.</param>
/// <param name="SinceTicks">When the link was interrupted; null while it works.</param>
/// <param name="IsLong">Whether their tracks have ended for this room.</param>
internal readonly record struct LinkInterruption(IReadOnlyList<string>? Participants, long? SinceTicks, bool IsLong);
