using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sfu.Speakers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A room without participants of its own, in which the link carries whatever is announced.</summary>
internal sealed class CarryAll : IRelayedTracks
{
    public List<PublishedTrack> Tracks { get; } = [];

    /// <summary>The names of the calls so far, with the participant.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Called when an awaited track starts.</summary>
    public Action<RelayedTrack>? Started { get; set; }

    /// <summary>Whether announced tracks are carried at once.</summary>
    public bool Carries { get; set; } = true;

    public void OnAnnounced(RelayedTrack track)
    {
        Calls.Add($"announced {track.ParticipantId}");
        if (Carries && track.Carried is null)
        {
            var published = new PublishedTrack(new UpTrack(track.Options, track.ParticipantId, track.Source, "relayed", track.Link.Retransmissions), track.Codec);
            published.Track.SetMuted(track.IsMuted);
            Tracks.Add(published);
            track.Link.Carry(track, published);
        }
    }

    public void OnRemoved(RelayedTrack track)
    {
        Calls.Add($"removed {track.ParticipantId}");
        if (track.Carried is { } carried)
        {
            carried.Track.Close();
            Tracks.Remove(carried);
        }
    }

    public void OnStarted(RelayedTrack track) => Started?.Invoke(track);

    public void OnMuted(RelayedTrack track) => track.Carried?.Track.SetMuted(track.IsMuted);

    public void OnHeard(long nowTicks, RelayedTrack track, SpeechState speech) => track.Carried?.Track.SetSpeech(nowTicks, speech);
}
