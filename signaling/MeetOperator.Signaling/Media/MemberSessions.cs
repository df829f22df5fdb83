using MeetOperator.NodeControl;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The media sessions of one member in one room. Opens them, and forwards each revision of an offer and each assignment of slots to the client once. Calls that fail
/// throw (<see cref="NodeCallFailure"/>). Not thread-safe, except the IDs of sessions and <see cref="HasSent"/>.
/// </summary>
internal sealed class MemberSessions(RoomClient room, IMediaClient client)
{
    /// <summary>The slots of our clients: as many pictures as a node gives, and places for the loudest, for pinned participants, and for the next speakers.</summary>
    private static readonly SlotCounts ClientSlots = new() { Audio = 6, Video = 28 };

    private volatile string? _subscribeSession;

    /// <summary>The publish session; null if there is none or if it was opened by a previous socket.</summary>
    private volatile string? _publishSession;
    private int _sentRevision;
    private volatile int _sentSlots;
    private int _confirmedSlots;
    private int _appliedSlots;

    /// <summary>Whether the subscribe session was requested on a tunnel.</summary>
    private bool _isTunnel;

    public RoomClient Room { get; } = room;

    /// <summary>Calls that the member's queue does not wait for, while the member moves away from the node.</summary>
    public FormerCalls FormerCalls { get; } = new();

    /// <summary>ID of the subscribe session, in which the node sends offers; null if none is open.</summary>
    public string? SubscribeSession => _subscribeSession;

    /// <summary>
    /// The client was told to leave these sessions, and may have closed some of its connections by now. If the member stays, it needs new ones.
    /// </summary>
    public bool IsLeft { get; private set; }

    /// <summary>Whether a session has ended, as when the client closes its connection, and no new one was opened since.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>ID of the publish session; null if there is none or if it was opened by a previous socket.</summary>
    public string? PublishSession => _publishSession;

    private string ParticipantId => client.Identity.ParticipantId;

    /// <summary>
    /// Returns true if the node itself ended the session. A session that a client or another replica closed or replaced has no reason, and the client detects and
    /// handles a failed network path.
    /// </summary>
    public static bool IsEndedByNode(RoomEvent state) => state is { State: "failed", Reason: "error" or "path-denied" } or { State: "closed", Reason: "renegotiation-limit" };

    /// <summary>Returns true if a subscribe session has ended because nothing arrived from the client, or it did not connect.</summary>
    public static bool HasPathFailed(RoomEvent state) => state is { State: "failed", Kind: "subscribe" } && !IsEndedByNode(state);

    /// <summary>Returns true if the session that ended is one of these. A publish session of a previous socket counts as one of them.</summary>
    public bool IsCurrent(RoomEvent ended) => ended.Kind switch
    {
        "subscribe" => ended.SessionId is not null && ended.SessionId == _subscribeSession,
        "publish" => _publishSession is null || ended.SessionId == _publishSession,
        _ => false,
    };

    /// <summary>Returns true if this assignment of slots was sent to the client, in the session that is open.</summary>
    public bool HasSent(SlotsAppliedMessage applied) => applied.SessionId == _subscribeSession && applied.Version <= _sentSlots;

    /// <inheritdoc cref="IsLeft"/>
    public void MarkLeft() => IsLeft = true;

    /// <summary>Opens the subscribe session, or with <paramref name="restart"/> replaces it. The client gets its offer with <see cref="BeginSubscribe"/>.</summary>
    /// <param name="restart">Whether to replace a session.</param>
    /// <param name="line">What the client's line takes.</param>
    /// <param name="ct">Ends the call.</param>
    public async Task<SubscribeOffer> RequestSubscribeAsync(bool restart, MemberLine line, CancellationToken ct)
    {
        _subscribeSession = null;
        (_sentRevision, _sentSlots, _confirmedSlots, _appliedSlots) = (0, 0, 0, 0);
        var offer = await SubscribeAsync(restart, line, ct).ConfigureAwait(false);
        (IsLeft, HasEnded) = (false, false);
        line.RecordSession();
        return offer;
    }

    private async Task<SubscribeOffer> SubscribeAsync(bool restart, MemberLine line, CancellationToken ct)
    {
        var slots = client.Slots ? ClientSlots : null;
        _isTunnel = client.UsesTunnels; // offers of the session may come with events before the response
        try
        {
            return await Room.SubscribeAsync(ParticipantId, restart, slots, line.Kbps, _isTunnel, ct).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Code == "tunnel-denied")
        {
            // The media node has got the rule first. The offer tells the client.
            _isTunnel = false;
            return await Room.SubscribeAsync(ParticipantId, restart, slots, line.Kbps, tunnel: false, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Records the subscribe session and forwards its first offer.</summary>
    public void BeginSubscribe(SubscribeOffer offer)
    {
        _subscribeSession = offer.SessionId;
        Forward(offer.SessionId, offer.Revision, offer.Sdp, offer.Tracks, offer.SlotsVersion);
    }

    /// <summary>Forgets the subscribe session, which the node has ended.</summary>
    public void EndSubscribe() => _subscribeSession = null;

    /// <summary>Forgets a session that has ended, if it is one of these.</summary>
    public void RecordEnd(RoomEvent ended)
    {
        HasEnded |= IsCurrent(ended);
        _subscribeSession = _subscribeSession == ended.SessionId ? null : _subscribeSession;
        _publishSession = _publishSession == ended.SessionId ? null : _publishSession;
    }

    /// <summary>Whether no session is known. The node may have a publish session that a previous socket opened.</summary>
    public bool IsEmpty => _subscribeSession is null && _publishSession is null;

    /// <summary>Returns true if the client has closed both sessions. Asks the node whether it publishes, because a previous socket may have opened that session.</summary>
    public async Task<bool> HasLeftAsync(CancellationToken ct) =>
        IsEmpty && (await Room.ListParticipantsAsync(ct).ConfigureAwait(false)).FirstOrDefault(known => known.Participant == ParticipantId) is not { Publishing: true };

    public async Task AnswerAsync(AnswerMessage answer, CancellationToken ct)
    {
        try
        {
            var revision = answer.Revision ?? _sentRevision;
            await Room.AnswerAsync(ParticipantId, new SubscribeAnswer { SessionId = answer.SessionId, Revision = revision, Sdp = answer.Sdp }, ct).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Code == "stale-revision")
        {
            // The client will answer the newer offer, which supersedes this one.
        }
    }

    /// <summary>Records which assignment the client has applied. Returns false if it has confirmed a later one of the session, which replaces this one.</summary>
    public bool TryRecordApplied(SlotsAppliedMessage applied)
    {
        _appliedSlots = Math.Max(_appliedSlots, applied.Version);
        return applied.Version == _appliedSlots;
    }

    /// <summary>Confirms an assignment of slots that the client has applied. Does nothing if it is confirmed already or another session is open.</summary>
    public async Task ConfirmSlotsAsync(SlotsAppliedMessage applied, CancellationToken ct)
    {
        if (applied.SessionId == _subscribeSession && applied.Version > _confirmedSlots)
        {
            await Room.ConfirmSlotsAsync(ParticipantId, new SlotsConfirmation { SessionId = applied.SessionId, Version = applied.Version }, ct).ConfigureAwait(false);
            _confirmedSlots = applied.Version;
        }
    }

    /// <summary>Tells the node what the client shows.</summary>
    public async Task ShowAsync(ViewRequest view, CancellationToken ct)
    {
        try
        {
            await Room.ViewAsync(ParticipantId, view, ct).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Status == System.Net.HttpStatusCode.NotFound)
        {
            // A media node of an earlier version, which sends everything in one quality; or the node has lost the participant, whose next session gets the view again.
        }
    }

    /// <summary>Opens the publish session, or renegotiates it, or with <paramref name="restart"/> replaces it.</summary>
    public async Task<SdpAnswer> PublishAsync(OfferMessage offer, bool restart, CancellationToken ct)
    {
        var request = new SdpOffer
        {
            Generation = Room.Key.Generation,
            Sdp = offer.Sdp,
            Tracks = [.. offer.Tracks.Select(t => new TrackDescription { Mid = t.Mid, Kind = KindOf(t.Source), Source = WireName.Of(t.Source) })],
            SessionId = offer.SessionId,
            Restart = restart,
            Tunnel = offer.Tunnel,
        };
        SdpAnswer answer;
        try
        {
            answer = await Room.PublishAsync(ParticipantId, request, ct).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (NodeCallFailure.IsUnknownParticipant(e))
        {
            await Room.PutParticipantAsync(ParticipantId, client.Identity.Region, ct).ConfigureAwait(false);
            answer = await Room.PublishAsync(ParticipantId, request, ct).ConfigureAwait(false);
        }

        _publishSession = answer.SessionId;
        return answer;
    }

    /// <summary>Handles an offer from the event stream.</summary>
    public void HandleOffer(RoomEvent offer) => Forward(offer.SessionId, offer.Revision ?? 0, offer.Sdp ?? string.Empty, offer.Tracks ?? [], offer.SlotsVersion);

    /// <summary>Handles the event that the slots of the client carry other tracks.</summary>
    public void HandleSlots(RoomEvent slots)
    {
        if (slots is { SessionId: { } session, SlotsVersion: { } version })
        {
            ForwardSlots(session, version, slots.Tracks ?? []);
        }
    }

    private static OfferedTrack ToOffered(TrackDescription track) => new(track.Mid ?? string.Empty, track.ParticipantId, track.Kind, track.Source);

    private static string KindOf(TrackSource source) => source is TrackSource.Microphone or TrackSource.ScreenAudio ? "audio" : "video";

    /// <summary>Forwards an offer to the client, once per revision. Drops offers of replaced sessions and offers without media sections.</summary>
    private void Forward(string? session, int revision, string sdp, IReadOnlyList<TrackDescription> tracks, int? slots)
    {
        if (session is not null && slots is { } version && revision == _sentRevision)
        {
            // The event stream begins with the present offers, which tell what the slots carry now.
            ForwardSlots(session, version, tracks);
            return;
        }

        if ((session is not null && _subscribeSession is not null && session != _subscribeSession) || revision <= _sentRevision || !SdpText.HasMedia(sdp))
        {
            return;
        }

        (_sentRevision, _sentSlots) = (revision, slots ?? 0);
        client.Send(new ForwardedOfferMessage(ProtocolLimits.Sfu, sdp, revision, [.. tracks.Select(ToOffered)], session, slots, _isTunnel));
    }

    /// <summary>Tells the client what its slots carry, if that is news. Drops what is about another session.</summary>
    private void ForwardSlots(string session, int version, IReadOnlyList<TrackDescription> tracks)
    {
        if (session == _subscribeSession && version > _sentSlots)
        {
            _sentSlots = version;
            client.Send(new SlotsMessage(session, version, [.. tracks.Select(ToOffered)]));
        }
    }
}
