using MeetOperator.Sfu.Speakers;

namespace MeetOperator.MediaNode.Links;

/// <summary>Decides which relayed tracks a room takes from a link. Called by the loop of the room.</summary>
internal interface IRelayedTracks
{
    /// <summary>A track was announced, or what was said about it has changed: its carriage, its codec, or whether it is muted.</summary>
    void OnAnnounced(RelayedTrack track);

    /// <summary>A track has ended. The link no longer carries <see cref="RelayedTrack.Carried"/>, which is forgotten after this call.</summary>
    void OnRemoved(RelayedTrack track);

    /// <summary>
    /// The first packet of sound, or the first one of a key frame, of an awaited track arrived. It is processed after this call, so a track that the link carries from now on starts
    /// with it. If the link does not carry the track then, it stays awaited.
    /// </summary>
    void OnStarted(RelayedTrack track);

    /// <summary><see cref="RelayedTrack.IsMuted"/> has changed.</summary>
    void OnMuted(RelayedTrack track);

    /// <summary>What the other node measured of a microphone's speech, in the clock of this node.</summary>
    void OnHeard(long nowTicks, RelayedTrack track, SpeechState speech);
}
