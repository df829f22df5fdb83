namespace MeetOperator.MediaNode.Links;

/// <summary>Why a message of the other end of a link was dropped.</summary>
internal enum LinkRefusal : byte
{
    /// <summary>The message does not have the form that docs/relay.md defines.</summary>
    Malformed,

    /// <summary>The message is about a number that no track has.</summary>
    UnknownTrack,

    /// <summary>The track was not published on the other node: the number of hops is not 1, or the origin is another node. It would be relayed in circles.</summary>
    Origin,

    /// <summary>More tracks than a link can have.</summary>
    TooManyTracks,

    /// <summary>More announcements in a short time than a link can have.</summary>
    TooManyAnnouncements,

    /// <summary>A codec or a combination of parameters that links do not carry.</summary>
    UnsupportedTrack,

    /// <summary>An SSRC of the track belongs to another track of the link, or to another stream of the track.</summary>
    SsrcCollision,

    /// <summary>The message contradicts what was said about the track: its participant, source, layers or SSRCs.</summary>
    Contradiction,
}
