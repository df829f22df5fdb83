using System.Security.Cryptography;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;
using MeetOperator.Rtc;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// A peer connection on which a participant receives: the node offers. At most one offer is out at a time; what changes meanwhile goes into
/// the next one.
/// </summary>
internal sealed class SubscribeSession : IPeerSessionOwner
{
    private readonly NodeRoom _room;
    private readonly NodeParticipant _participant;
    private readonly Subscriber _subscriber;
    private readonly SubscriptionSlots _slots;
    private readonly long _sessionNumber;
    private IReadOnlyList<OfferedSection> _offered = [];
    private int _answeredRevision;
    private bool _toldFull;

    public SubscribeSession(NodeRoom room, NodeParticipant participant)
    {
        _room = room;
        _participant = participant;
        _sessionNumber = room.NextSessionNumber();
        _slots = new SubscriptionSlots(room.NextSsrc);
        Peer = room.Sessions.Open(SessionKind.Subscribe, this, participant.Ingress);
        _subscriber = new Subscriber(participant.Id, Peer, participant.Retransmissions);
        Current = Write();
        MarkAnsweredWhenEmpty();
    }

    public PeerSession Peer { get; }

    public Subscriber Subscriber => _subscriber;

    /// <summary>The newest offer.</summary>
    public SubscribeOffer Current { get; private set; }

    /// <summary>Tracks that found no section.</summary>
    public int LeftOut => _slots.LeftOut;

    /// <summary>Too many tracks came and went; only a new session carries more.</summary>
    public bool IsUsedUp => _slots.IsUsedUp && _slots.LeftOut > 0;

    private bool IsOutstanding => Current.Revision > _answeredRevision;

    /// <summary>Makes the next offer when the tracks changed and no offer is out. True when <see cref="Current"/> is new.</summary>
    public bool TryOffer(IReadOnlyList<PublishedTrack> wanted)
    {
        if (IsOutstanding)
        {
            return false;
        }

        var freed = new List<SubscriptionSlot>();
        var changed = _slots.Reconcile(wanted, freed);
        foreach (var slot in _slots.All)
        {
            // Also a slot that was given to the next track at once has to let go of the one before.
            if (slot.Down is { } down && (slot.Track is null || down.Options.Ssrc != slot.Ssrcs.Primary))
            {
                _subscriber.Remove(down);
                slot.Down = null;
            }
        }

        if (!changed)
        {
            return false;
        }

        Current = Write();
        MarkAnsweredWhenEmpty();
        return true;
    }

    /// <summary>True once each time that tracks begin to find no section.</summary>
    public bool BecameFull()
    {
        var before = _toldFull;
        _toldFull = LeftOut > 0;
        return _toldFull && !before;
    }

    public void Answer(SubscribeAnswer answer, SessionDescription description)
    {
        if (answer.Revision != Current.Revision)
        {
            throw new Refusal(
                System.Net.HttpStatusCode.Conflict, "stale-revision", $"revision {answer.Revision} is not the newest offer; answer revision {Current.Revision}.");
        }

        if (!SubscribeAnswerReader.TryRead(_offered, description, out var sections, out var error))
        {
            throw Refusal.InvalidSdp(error.ToString());
        }

        if (sections.Count > 0)
        {
            SdpReading.ReadRemote(description, isAnswer: true).ApplyTo(Peer.Transport);
        }

        _answeredRevision = Current.Revision;
        for (var i = 0; i < sections.Count; i++)
        {
            Apply(_slots.All[i], sections[i]);
        }
    }

    public void OnRtp(PeerSession session, long nowTicks, Span<byte> packet)
    {
        // Subscribers have nothing to send; what comes anyway is not forwarded.
    }

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet) => _subscriber.OnRtcp(nowTicks, packet);

    public void OnStateChanged(PeerSession session, PeerTransportState state)
    {
        if (session.IsReady)
        {
            _subscriber.OnReady();
        }

        _room.OnSessionState(_participant, session, state);
    }

    public void HandleTimeout(long nowTicks)
    {
        // What is sent follows the publishers' clocks.
    }

    public void OnFault(PeerSession session) => _room.OnSessionFault(_participant, session);

    private void Apply(SubscriptionSlot slot, NegotiatedSection section)
    {
        if (!section.Active || section.Codec is not { } codec || slot.Track is not { } track)
        {
            // Kept: the receiver goes on counting from the last packet if the section is taken again under the same SSRC.
            slot.Down?.Stop();
            return;
        }

        var options = new DownTrackOptions
        {
            Ssrc = slot.Ssrcs.Primary,
            PayloadType = (byte)codec.PayloadType,
            RtxSsrc = codec.RtxPayloadType is null ? null : slot.Ssrcs.Retransmission,
            RtxPayloadType = (byte?)codec.RtxPayloadType,
            Nack = codec.Feedback.Contains("nack"),
            Extensions = ExtensionMaps.ForSubscriber(section.Kind, section.Extensions),
            FirstSequenceNumber = slot.Down?.Options.FirstSequenceNumber ?? (ushort)RandomNumberGenerator.GetInt32(1, 30_000),
            Cname = track.Track.ParticipantId,
        };
        if (slot.Down is { } existing)
        {
            existing.Renegotiate(options);
            existing.Start(track.Track);
        }
        else if (!track.Track.IsClosed)
        {
            slot.Down = _subscriber.Add(track.Track, options);
        }
    }

    private SubscribeOffer Write()
    {
        var revision = (Current?.Revision ?? 0) + 1;
        _offered = [.. _slots.All.Select(s => s.ToOffer())];
        return new SubscribeOffer
        {
            SessionId = Peer.Id,
            Revision = revision,
            Sdp = SubscribeOfferWriter.Write(_offered, _room.Sessions.Describe(Peer), _sessionNumber, revision).ToString(),
            Tracks = [.. _slots.All.Where(s => s.Track is not null).Select(s => new TrackDescription
            {
                Mid = s.Mid,
                ParticipantId = s.Track!.Track.ParticipantId,
                Kind = s.Kind,
                Source = s.Track.Source,
            })],
        };
    }

    /// <summary>An offer without any section carries nothing that could be answered; clients may leave it.</summary>
    private void MarkAnsweredWhenEmpty()
    {
        if (_offered.Count == 0)
        {
            _answeredRevision = Current.Revision;
        }
    }
}
