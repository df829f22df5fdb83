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

    /// <summary>The latest request for layers of each track, by the room that it comes from. A client that reconnects or returns to the room may have missed it.</summary>
    private readonly Dictionary<(RoomKey Room, string ParticipantId, string Source), LayersMessage> _layers = [];

    /// <summary>The paused tracks of each member, if there are any. A client that reconnects or returns to the room may have missed the message.</summary>
    private readonly Dictionary<(RoomKey Room, string ParticipantId), PausedMessage> _paused = [];

    /// <summary>The room in which each track of a member has begun last.</summary>
    private readonly Dictionary<(string ParticipantId, string Source), RoomKey> _carriers = [];

    public Task OnJoinedAsync(Member member, MeetingView view)
    {
        if (!view.IsPeerToPeer)
        {
            meeting.Media.Assign(view.Assignments);
            member.UsesTunnels = member.WantsTunnels && AllowsTunnels(member, view);
            member.Media = meeting.Media.Attach(member);
            SendLayers(member);
            if (PausedFor(member.ParticipantId) is { } paused)
            {
                member.Send(paused);
            }
        }

        return Task.CompletedTask;
    }

    public Task<ProtocolError?>? Handle(Member from, ClientMessage message) => message switch
    {
        OfferMessage { To: ProtocolLimits.Sfu, Tunnel: true } offer when !from.UsesTunnels || meeting.View() is not { } view || !AllowsTunnels(from, view) => Task.FromResult<ProtocolError?>(TunnelDenied(offer)),
        OfferMessage { To: ProtocolLimits.Sfu } offer => Call(from, media => media.Publish(offer), offer.Reference),
        AnswerMessage { To: ProtocolLimits.Sfu } answer => Call(from, media => media.Answer(answer), reference: null),

        ViewMessage view => Show(from, view),
        SlotsAppliedMessage applied => Confirm(from, applied),

        // The media node learns the client's addresses from its connectivity checks.
        IceCandidateMessage { To: ProtocolLimits.Sfu } => Handled,
        _ => null,
    };

    /// <summary>A client wants tunnels because they were allowed.</summary>
    private static bool AllowsTunnels(Member member, MeetingView view) => view.AllowsTunnels(member.Media?.Room, member.Identity.Region, wereAllowed: member.WantsTunnels);

    private static ProtocolError TunnelDenied(OfferMessage offer) =>
        new(ErrorCode.Forbidden, "'tunnel' requires 'tunnel' in 'capabilities' of 'join', and a tenant and a pool that allow tunnels (spec.connectivity.tunnel).") { Reference = offer.Reference };

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

    public Task OnTickAsync()
    {
        meeting.Media.Tick();
        return meeting.View() is { } view ? OnMeetingChangedAsync(view) : Task.CompletedTask; // the tenant may have changed
    }

    /// <summary>A member that may no longer use tunnels gets sessions of the other kind. The media node ends those on tunnels.</summary>
    public Task OnMeetingChangedAsync(MeetingView view)
    {
        foreach (var member in meeting.Members.All)
        {
            member.UsesTunnels &= AllowsTunnels(member, view);
        }

        return Task.CompletedTask;
    }

    /// <summary>The next media node sends its own requests, and pauses tracks itself.</summary>
    public Task OnRoomsChangedAsync(RoomsChange change)
    {
        foreach (var left in _layers.Keys.Where(key => change.Left.Contains(key.Room)).ToArray())
        {
            _layers.Remove(left);
        }

        foreach (var left in _paused.Keys.Where(key => change.Left.Contains(key.Room)).ToArray())
        {
            _paused.Remove(left);
            SendPaused(left.ParticipantId);
        }

        return Task.CompletedTask;
    }

    public Task OnMemberMovedAsync(string participantId)
    {
        if (meeting.Members.Find(participantId) is { } member)
        {
            SendLayers(member);
            if (_paused.Keys.Any(key => key.ParticipantId == participantId))
            {
                SendPaused(participantId); // the former room may have paused something
            }
        }

        return Task.CompletedTask;
    }

    public Task OnRoomEventAsync(RoomKey source, RoomEvent e)
    {
        if (e is { Type: RoomEventTypes.TrackRemoved, ParticipantId: not null, Source: not null })
        {
            _layers.Remove((source, e.ParticipantId, e.Source));
        }

        switch (e.Type)
        {
            case RoomEventTypes.Speaking when e.ParticipantId is not null:
                meeting.Members.BroadcastIn(source, new SpeakingMessage(e.ParticipantId, e.Level ?? 0));
                break;
            case RoomEventTypes.Layers when e is { ParticipantId: not null, Source: not null, Layers: not null }:
                var layers = new LayersMessage(e.Source, e.Layers);
                _layers[(source, e.ParticipantId, e.Source)] = layers;
                if (meeting.Media.IsServedBy(e.ParticipantId, source))
                {
                    meeting.Members.Find(e.ParticipantId)?.Send(layers);
                }

                break;
            case RoomEventTypes.Paused when e is { ParticipantId: not null, Tracks: not null }:
                Pause((source, e.ParticipantId), new PausedMessage([.. e.Tracks.Where(t => t.ParticipantId is not null).Select(t => new PausedTrack(t.ParticipantId!, t.Source))]));
                break;
            case RoomEventTypes.ParticipantLeft when e.ParticipantId is not null:
                _paused.Remove((source, e.ParticipantId));
                foreach (var track in _carriers.Where(carried => carried.Key.ParticipantId == e.ParticipantId && carried.Value == source).Select(carried => carried.Key).ToArray())
                {
                    _carriers.Remove(track);
                }

                break;
            case RoomEventTypes.TrackAdded when e is { ParticipantId: not null, Source: not null } && meeting.Members.Find(e.ParticipantId) is not null:
                _carriers[(e.ParticipantId, e.Source)] = source;
                rows.SaveStream(e, added: true);
                break;
            case RoomEventTypes.TrackRemoved when e is { ParticipantId: not null, Source: not null } && meeting.Members.Find(e.ParticipantId) is not null:
                // While a participant moves, the former node says so after the track has begun on the next one, where it goes on.
                if (!_carriers.TryGetValue((e.ParticipantId, e.Source), out var carrier) || carrier == source)
                {
                    _carriers.Remove((e.ParticipantId, e.Source));
                    rows.SaveStream(e, added: false);
                }

                break;
        }

        return Task.CompletedTask;
    }

    private void Pause((RoomKey Room, string ParticipantId) key, PausedMessage paused)
    {
        if (paused.Tracks.Count > 0)
        {
            _paused[key] = paused;
        }
        else
        {
            _paused.Remove(key);
        }

        if (meeting.Media.IsServedBy(key.ParticipantId, key.Room))
        {
            meeting.Members.Find(key.ParticipantId)?.Send(paused);
        }
    }

    private void SendLayers(Member member)
    {
        foreach (var (track, layers) in _layers)
        {
            if (track.ParticipantId == member.ParticipantId && meeting.Media.IsServedBy(member.ParticipantId, track.Room))
            {
                member.Send(layers);
            }
        }
    }

    private void SendPaused(string participantId) => meeting.Members.Find(participantId)?.Send(PausedFor(participantId) ?? new PausedMessage([]));

    /// <summary>What is paused in the room that the participant uses; null if nothing is.</summary>
    private PausedMessage? PausedFor(string participantId) =>
        _paused.FirstOrDefault(known => known.Key.ParticipantId == participantId && meeting.Media.IsServedBy(participantId, known.Key.Room)).Value;

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
