namespace MeetOperator.MediaNode.Tracks;

/// <summary>A publish session of this room as the carrier of tracks. Used only on the loop's thread.</summary>
internal interface ISessionCarrier : ITrackCarrier
{
    Carriage Carriage { get; }

    /// <summary>Continues a track whose carrier has ended, if the session has negotiated such a track and does not carry it.</summary>
    bool TryContinue(PublishedTrack track);

    /// <summary>Called when links carry other tracks of the participant than before, or when their carriage has changed.</summary>
    void OnRelayChanged();
}
