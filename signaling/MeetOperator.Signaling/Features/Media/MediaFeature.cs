using MeetOperator.NodeControl;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Features.Media;

/// <summary>Connects the members of a meeting that is not peer-to-peer to its media node: passes on their offers and answers, and announces who speaks.</summary>
internal sealed class MediaFeature(IMeeting meeting, SessionRows rows) : IMeetingFeature
{
    private static readonly Task<ProtocolError?> Handled = Task.FromResult<ProtocolError?>(null);

    /// <summary>The latest request for layers of each track. A client that reconnects may have missed it.</summary>
    private readonly Dictionary<(string ParticipantId, string Source), LayersMessage> _layers = [];

    /// <summary>The paused tracks of each member, if there are any. A client that reconnects may have missed the message.</summary>
    private readonly Dictionary<string, PausedMessage> _paused = [];

    public Task OnJoinedAsync(Member member, MeetingView view)
    {
        if (!view.IsPeerToPeer)
        {
            meeting.Media.Assign(view.Assignments);
            member.Media = meeting.Media.Attach(member);
            foreach (var (track, layers) in _layers)
            {
                if (track.ParticipantId == member.ParticipantId)
                {
                    member.Send(layers);
                }
            }

            if (_paused.TryGetValue(member.ParticipantId, out var paused))
            {
                member.Send(paused);
            }
        }

        return Task.CompletedTask;
    }

    public Task<ProtocolError?>? Handle(Member from, ClientMessage message) => message switch
    {
        OfferMessage { To: ProtocolLimits.Sfu } offer => Call(from, media => media.Publish(offer), offer.Reference),
        AnswerMessage { To: ProtocolLimits.Sfu } answer => Call(from, media => media.Answer(answer), reference: null),

        ViewMessage view => Show(from, view),
        SlotsAppliedMessage applied => Confirm(from, applied),

        // The media node learns the client's addresses from its connectivity checks.
        IceCandidateMessage { To: ProtocolLimits.Sfu } => Handled,
        _ => null,
    };

    /// <summary>Passes the view on to the media node. A peer-to-peer meeting has none, so its views are ignored.</summary>
    private static Task<ProtocolError?> Show(Member from, ViewMessage view)
    {
        from.Media?.View(view);
        return Handled;
    }

    private static Task<ProtocolError?> Confirm(Member from, SlotsAppliedMessage applied)
    {
        from.Media?.ConfirmSlots(applied);
        return Handled;
    }

    /// <summary>The next media node sends its own requests, and pauses tracks itself.</summary>
    public Task OnMovedAsync()
    {
        _layers.Clear();
        foreach (var participant in _paused.Keys)
        {
            meeting.Members.Find(participant)?.Send(new PausedMessage([]));
        }

        _paused.Clear();
        return Task.CompletedTask;
    }

    public Task OnRoomEventAsync(RoomEvent e)
    {
        if (e is { Type: RoomEventTypes.TrackRemoved, ParticipantId: not null, Source: not null })
        {
            _layers.Remove((e.ParticipantId, e.Source));
        }

        switch (e.Type)
        {
            case RoomEventTypes.Speaking when e.ParticipantId is not null:
                // The next message corrects a dropped one.
                meeting.Members.Broadcast([new SpeakingMessage(e.ParticipantId, e.Level ?? 0)], Lane.Droppable);
                break;
            case RoomEventTypes.Layers when e is { ParticipantId: not null, Source: not null, Layers: not null }:
                var layers = new LayersMessage(e.Source, e.Layers);
                _layers[(e.ParticipantId, e.Source)] = layers;
                meeting.Members.Find(e.ParticipantId)?.Send(layers);
                break;
            case RoomEventTypes.Paused when e is { ParticipantId: not null, Tracks: not null }:
                Pause(e.ParticipantId, new PausedMessage([.. e.Tracks.Where(t => t.ParticipantId is not null).Select(t => new PausedTrack(t.ParticipantId!, t.Source))]));
                break;
            case RoomEventTypes.ParticipantLeft when e.ParticipantId is not null:
                _paused.Remove(e.ParticipantId);
                break;
            case RoomEventTypes.TrackAdded or RoomEventTypes.TrackRemoved when e.ParticipantId is not null && meeting.Members.Find(e.ParticipantId) is not null:
                rows.SaveStream(e, added: e.Type == RoomEventTypes.TrackAdded);
                break;
        }

        return Task.CompletedTask;
    }

    private void Pause(string participantId, PausedMessage paused)
    {
        if (paused.Tracks.Count > 0)
        {
            _paused[participantId] = paused;
        }
        else
        {
            _paused.Remove(participantId);
        }

        meeting.Members.Find(participantId)?.Send(paused);
    }

    private static Task<ProtocolError?> Call(Member from, Action<MediaParticipant> call, string? reference)
    {
        if (from.Media is { } media)
        {
            call(media);
        }
        else
        {
            from.Send(new ErrorMessage(ErrorCode.NotPlaced, "This meeting has no media session because media flows directly between its participants.", reference));
        }

        return Handled;
    }
}
