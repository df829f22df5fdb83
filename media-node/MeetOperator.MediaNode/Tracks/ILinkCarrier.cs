namespace MeetOperator.MediaNode.Tracks;

/// <summary>The receiving end of a link as the carrier of tracks of participants on another media node. Used only on the loop's thread.</summary>
internal interface ILinkCarrier : ITrackCarrier
{
    /// <summary>Demands a track that another carrier still carries, and reports when it starts. Repeated calls change nothing.</summary>
    void Await(AnnouncedTrack track);

    /// <summary>No longer waits for the start of a track.</summary>
    void Ignore(AnnouncedTrack track);

    /// <summary>Carries a track from now on. The track has the options of the announcement when it is new, and others when another carrier had it.</summary>
    void Carry(AnnouncedTrack track, PublishedTrack published);

    /// <summary>Ends the link after an unexpected error in work for one of its tracks, when the current call stack has unwound.</summary>
    void Fail(Exception error);
}
