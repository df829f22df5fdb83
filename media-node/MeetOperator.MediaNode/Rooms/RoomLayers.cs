using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Reports which layers the publishers of a room should send. Used only on the loop's thread.</summary>
internal sealed class RoomLayers(RoomParticipants participants, RoomEventHub events)
{
    /// <summary>Publishes an event for each track whose requested layers have changed. Called about every 10 ms.</summary>
    public void PublishChanges() => participants.ForEach(events, static (participant, events) =>
    {
        foreach (var track in participant.PublishedTracks)
        {
            if (track.Track.TryTakeRequest())
            {
                events.Publish(EventOf(participant.Id, track));
            }
        }
    });

    /// <summary>Adds the present requests for all simulcast tracks.</summary>
    public void AddCurrent(List<QueuedEvent> state) => participants.ForEach(state, static (participant, state) =>
    {
        foreach (var track in participant.PublishedTracks)
        {
            if (track.Track.Options.Layers.Count > 1)
            {
                state.Add(EventOf(participant.Id, track));
            }
        }
    });

    private static RoomEvent EventOf(string participantId, PublishedTrack track) =>
        new() { Type = RoomEventTypes.Layers, ParticipantId = participantId, Source = track.Source, Layers = track.Track.RequestedLayers };
}
