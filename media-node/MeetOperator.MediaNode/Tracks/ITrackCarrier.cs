namespace MeetOperator.MediaNode.Tracks;

/// <summary>Brings the packets of tracks: a publish session or a link. Each track has one carrier at a time. Used only on the loop's thread.</summary>
internal interface ITrackCarrier
{
    /// <summary>Whether packets can arrive.</summary>
    bool IsReady { get; }

    /// <summary>Stops carrying a track, which another carrier continues or which closes. Ignored for a track that it does not carry.</summary>
    void Release(PublishedTrack track);
}
