namespace MeetOperator.MediaNode.Links;

/// <summary>What the other end of a link is told about the carrier of a track.</summary>
/// <param name="Carriage">Counts the sessions in which the participant has published the track, over all media nodes. The highest one carries it.</param>
/// <param name="Origin">Where the track is published: "namespace/name" of a media node, or a part of the room.</param>
/// <param name="Generation">The generation of the assignment of the publisher's media node.</param>
/// <param name="Hops">The number of links from where the track is published to the other end.</param>
internal readonly record struct LinkAnnouncement(uint Carriage, string Origin, ulong Generation, byte Hops = 1);
