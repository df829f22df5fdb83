namespace MeetOperator.MediaNode.Links;

/// <summary>What the other end of a link is told about the carrier of a track.</summary>
/// <param name="Carriage">Counts the sessions in which the participant has published the track, over all media nodes. The highest one carries it.</param>
/// <param name="Origin">This media node: "namespace/name".</param>
/// <param name="Generation">The generation of this media node's assignment.</param>
internal readonly record struct LinkAnnouncement(uint Carriage, string Origin, ulong Generation);
