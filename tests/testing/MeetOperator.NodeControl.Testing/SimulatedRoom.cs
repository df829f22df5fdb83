using System.Threading.Channels;

namespace MeetOperator.NodeControl.Testing;

/// <summary>One room of a simulated node. Access requires the lock <see cref="SimulatedMediaNode.Gate"/>.</summary>
public sealed class SimulatedRoom(SimulatedMediaNode node, string id, RoomSpec spec)
{
    private readonly Dictionary<string, SimulatedParticipant> _participants = new(StringComparer.Ordinal);
    private readonly List<Channel<RoomEvent>> _readers = [];

    /// <summary>Events for the first reader.</summary>
    private readonly List<RoomEvent> _unread = [];

    public string Id { get; } = id;
    public RoomSpec Spec { get; internal set; } = spec;

    /// <summary>Number of simulated participants without sessions, in addition to <see cref="Participants"/>.</summary>
    public int ClaimedParticipants { get; internal set; }
    public IReadOnlyDictionary<string, SimulatedParticipant> Participants => _participants;

    /// <summary>Packets received and forwarded since the room was created. Each report adds one second of audio while the room has participants.</summary>
    internal (long In, long Out) Packets { get; set; }

    internal void Talk(bool forwards)
    {
        if (_participants.Count + ClaimedParticipants > 0)
        {
            Packets = (Packets.In + 50, Packets.Out + (forwards ? 50 : 0));
        }
    }

    internal RoomReport Report(bool detailed) => new()
    {
        PacketsIn = Packets.In,
        PacketsOut = Packets.Out,
        Room = Id,
        Generation = Spec.Generation,
        E2ee = Spec.E2ee,
        Connectivity = Spec.Connectivity,
        Participants = _participants.Count + ClaimedParticipants,
        Regions = _participants.Values.Where(participant => participant.Region is not null).CountBy(participant => participant.Region!).ToDictionary(StringComparer.Ordinal),
        UpTracks = _participants.Values.Sum(participant => participant.Tracks.Count),
        ParticipantList = detailed ? [.. _participants.Values.Select(participant => participant.Report())] : null,
    };

    /// <summary>Number of calls that were rejected because the participant was removed for good.</summary>
    public int RejectedCalls { get; private set; }

    /// <summary>Participants removed for good.</summary>
    public ISet<string> Excluded { get; } = new HashSet<string>(StringComparer.Ordinal);

    internal SimulatedParticipant Touch(string participant)
    {
        if (Excluded.Contains(participant))
        {
            RejectedCalls++;
            throw new NodeProblemException(410, NodeControlClient.ParticipantRemoved, "The participant was removed for good.");
        }

        if (!_participants.TryGetValue(participant, out var known))
        {
            if (_participants.Count + ClaimedParticipants >= Math.Min(Spec.MaxParticipants, node.MaxParticipants))
            {
                throw new NodeProblemException(409, "room-full", "The room has reached its limit.");
            }

            _participants[participant] = known = new SimulatedParticipant(participant);
        }

        known.Touches++;
        return known;
    }

    internal bool Remove(string participant, string reason)
    {
        if (!_participants.Remove(participant, out var gone))
        {
            return false;
        }

        Emit(new RoomEvent { Type = RoomEventTypes.ParticipantLeft, ParticipantId = participant, Reason = reason });
        if (gone.Tracks.Count > 0)
        {
            OfferAll();
        }

        return true;
    }

    internal SdpAnswer Publish(SimulatedParticipant participant, SdpOffer offer)
    {
        participant.PublishSession = participant.PublishSession is null || offer.Restart ? $"pub-{Guid.NewGuid():N}" : participant.PublishSession;
        participant.Tracks = Tracks(participant.Id, offer);
        foreach (var track in participant.Tracks)
        {
            Emit(new RoomEvent { Type = RoomEventTypes.TrackAdded, ParticipantId = participant.Id, Kind = track.Kind, Source = track.Source });
        }

        Connected(participant, participant.PublishSession, "publish");
        OfferAll(except: participant.Id);
        return new SdpAnswer { SessionId = participant.PublishSession, Sdp = CannedSdp.Answer(offer.Sdp), Tracks = participant.Tracks };
    }

    internal SubscribeOffer Subscribe(SimulatedParticipant participant, bool restart)
    {
        participant.SubscribeSession = participant.SubscribeSession is null || restart ? $"sub-{Guid.NewGuid():N}" : participant.SubscribeSession;
        participant.Revision++;
        return Offer(participant);
    }

    internal void Connected(SimulatedParticipant participant, string session, string kind) => Emit(new RoomEvent
    {
        Type = RoomEventTypes.SessionState,
        ParticipantId = participant.Id,
        SessionId = session,
        Kind = kind,
        State = "connected",
    });

    internal Channel<RoomEvent> OpenReader()
    {
        var channel = Channel.CreateUnbounded<RoomEvent>();
        foreach (var participant in _participants.Values.Where(participant => participant.SubscribeSession is not null))
        {
            channel.Writer.TryWrite(OfferEvent(participant));
        }

        if (_participants.Values.Where(participant => participant.LineKbps is not null).ToArray() is { Length: > 0 } known)
        {
            channel.Writer.TryWrite(LinesEvent(known));
        }

        channel.Writer.TryWrite(new RoomEvent { Type = RoomEventTypes.Ready });
        _unread.ForEach(roomEvent => channel.Writer.TryWrite(roomEvent));
        _unread.Clear();
        _readers.Add(channel);
        return channel;
    }

    internal static RoomEvent LinesEvent(IEnumerable<SimulatedParticipant> participants) => new()
    {
        Type = RoomEventTypes.Lines,
        Lines = [.. participants.Select(participant => new ParticipantLine { ParticipantId = participant.Id, Kbps = participant.LineKbps })],
    };

    internal void CloseReader(Channel<RoomEvent> channel) => _readers.Remove(channel);

    internal void Emit(RoomEvent roomEvent) => _readers.ForEach(reader => reader.Writer.TryWrite(roomEvent));

    /// <summary>Sends an event of a test, which must not be lost only because signaling has not opened the stream yet.</summary>
    internal void EmitToFirstReader(RoomEvent roomEvent)
    {
        if (_readers.Count == 0)
        {
            _unread.Add(roomEvent);
        }

        Emit(roomEvent);
    }

    internal void End(string reason)
    {
        Emit(new RoomEvent { Type = RoomEventTypes.RoomEnded, Reason = reason });
        _readers.ForEach(reader => reader.Writer.TryComplete());
    }

    private void OfferAll(string? except = null)
    {
        foreach (var subscriber in _participants.Values.Where(candidate => candidate.SubscribeSession is not null && candidate.Id != except))
        {
            subscriber.Revision++;
            Emit(OfferEvent(subscriber));
        }
    }

    private RoomEvent OfferEvent(SimulatedParticipant participant)
    {
        var offer = Offer(participant);
        return new RoomEvent
        {
            Type = RoomEventTypes.Offer,
            ParticipantId = participant.Id,
            SessionId = offer.SessionId,
            Revision = offer.Revision,
            Sdp = offer.Sdp,
            Tracks = offer.Tracks,
        };
    }

    private SubscribeOffer Offer(SimulatedParticipant participant)
    {
        var tracks = _participants.Values.Where(other => other.Id != participant.Id).SelectMany(other => other.Tracks)
            .Select((track, index) => track with { Mid = $"{index}" }).ToArray();
        return new SubscribeOffer { SessionId = participant.SubscribeSession!, Revision = participant.Revision, Sdp = CannedSdp.Offer(tracks), Tracks = tracks };
    }

    private static TrackDescription[] Tracks(string participant, SdpOffer offer)
    {
        var videos = 0;
        return [.. CannedSdp.Sections(offer.Sdp).Where(section => section.Direction is "sendonly" or "sendrecv" && section.Kind is "audio" or "video").Select(section =>
        {
            var named = offer.Tracks.FirstOrDefault(track => track.Mid == section.Mid);
            var source = named?.Source ?? (section.Kind == "audio" ? "microphone" : videos++ == 0 ? "camera" : "screen");
            return new TrackDescription { Mid = section.Mid, ParticipantId = participant, Kind = section.Kind, Source = source };
        })];
    }
}
