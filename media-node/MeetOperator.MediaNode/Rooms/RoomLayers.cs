using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Reports which layers the publishers of a room should send. Used only on the loop's thread.</summary>
internal sealed class RoomLayers(RoomParticipants participants, RoomEventHub events)
{
    /// <summary>Publishes an event for each track whose requested layers have changed. Called about every 10 ms.</summary>
    public void PublishChanges()
    {
        foreach (var participant in participants.All)
        {
            foreach (var track in participant.PublishedTracks)
            {
                if (track.Track.TryTakeRequest())
                {
                    events.Publish(EventOf(participant.Id, track));
                }
            }
        }
    }

    /// <summary>The present requests for all simulcast tracks.</summary>
    public IEnumerable<RoomEvent> Current() =>
        from participant in participants.All
        from track in participant.PublishedTracks
        where track.Track.Options.Layers.Count > 1
        select EventOf(participant.Id, track);

    private static RoomEvent EventOf(string participantId, PublishedTrack track) =>
        new() { Type = RoomEventTypes.Layers, ParticipantId = participantId, Source = track.Source, Layers = track.Track.RequestedLayers };
}
