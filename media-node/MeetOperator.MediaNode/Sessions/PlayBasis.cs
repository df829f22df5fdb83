using MeetOperator.MediaNode.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>What the answer to an offer for playback depends on. Immutable.</summary>
/// <param name="Factory">Describes the node's transport. Its loop has the port of the candidates.</param>
/// <param name="AllowsTcp">Whether there are candidates for TCP.</param>
/// <param name="Ssrcs">The SSRCs of the room.</param>
/// <param name="Tracks">The tracks that the player may receive.</param>
internal sealed record PlayBasis(SessionFactory Factory, bool AllowsTcp, SsrcSequence Ssrcs, IReadOnlyList<PublishedTrack> Tracks);
