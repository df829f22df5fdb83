using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>The meeting uses other rooms on media nodes than before.</summary>
/// <param name="Left">The rooms that it no longer uses.</param>
/// <param name="IsKept">Whether it still uses one of the rooms that it used before, so that participants may have stayed.</param>
internal sealed record RoomsChange(IReadOnlyList<RoomKey> Left, bool IsKept);
