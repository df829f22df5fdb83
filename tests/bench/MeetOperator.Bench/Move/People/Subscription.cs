using System.Text.Json.Nodes;
using MeetOperator.Bench.Media;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Bench.Move.People;

/// <summary>What a member receives. During a move there are two sessions, and the one that plays is replaced once everything that arrives on it arrives on the other, as in the SDK (<c>subscribe-session.ts</c>).</summary>
internal sealed class Subscription(MediaPlan plan, Reception reception, Action<JsonObject> send, Func<string, ushort?> personOf) : IDisposable
{
    private const int Voice = 111;
    private const int RedundantVoice = 63;
    private const int Picture = 96;

    /// <summary>The bit of the header of packets that have padding (RFC 3550 §5.1).</summary>
    private const int Padding = 0x20;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>How long the former connection is kept when nothing arrives on the new one.</summary>
    private static readonly TimeSpan FirstPacketWait = TimeSpan.FromSeconds(2);

    /// <summary>What is silent on both connections for so long is not waited for.</summary>
    private static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(1);
    private Session? _current;
    private Session? _next;
    private TimeSpan _moveUntil;
    private TimeSpan _comparedSince;
    private TimeSpan _nextPoll;
    private TimeSpan _now;

    public bool IsSettled => _next is null && _current is { Peer.IsConnected: true };

    public bool IsLost => _next is null && _current is { Peer.IsLost: true };

    /// <summary>Whether a new socket can go on with the present session.</summary>
    public bool CanResume => _current is { Peer: { IsConnected: true, IsLost: false } } && (_next is null || _moveUntil > _now);

    /// <summary>Nothing arrives on the current connection any more, so the next one need not be compared with it.</summary>
    private bool IsFormerOver => _current is not { Peer.IsLost: false } || _now >= _moveUntil;

    /// <summary>The next session is on another media node.</summary>
    public void Move(TimeSpan until) => _moveUntil = until;

    /// <returns>Whether the offer opens another session than the present ones.</returns>
    public bool OnOffer(JsonNode offer)
    {
        var id = offer["sessionId"]?.GetValue<string>() ?? throw new InvalidOperationException("The offer has no sessionId.");
        var sdp = offer["sdp"]!.GetValue<string>();
        var known = Find(id);
        var session = known ?? Open(id, sdp);
        session.Arrivals.OnOffer(sdp);
        session.Answer = new JsonObject { ["type"] = "answer", ["to"] = "sfu", ["sdp"] = BenchSdp.Answer(sdp, session.Peer, withFeedback: true), ["revision"] = offer["revision"]?.DeepClone(), ["sessionId"] = id };
        send(session.Answer);
        if (offer["slotsVersion"]?.GetValue<int>() is { } version)
        {
            Apply(session, version, offer["tracks"]);
        }

        return known is null;
    }

    /// <summary>Sends an answer again that could not be passed on to the media node.</summary>
    public void OnError(TimeSpan now, JsonNode error)
    {
        if (error["code"]?.GetValue<string>() is "media-failed" or "rate-limited" && error["reference"] is null && Find(error["sessionId"]?.GetValue<string>() ?? "") is { } session)
        {
            session.AnswerAgainAt = now + RetryAfter;
        }
    }

    public void OnSlots(JsonNode slots)
    {
        if (Find(slots["sessionId"]!.GetValue<string>()) is { } session)
        {
            Apply(session, slots["version"]!.GetValue<int>(), slots["slots"]);
        }
    }

    public void Tick(TimeSpan now)
    {
        _now = now;
        Tick(_current, now);
        Tick(_next, now);
        if (_next is { Peer.IsLost: true } lost)
        {
            lost.End();
            _next = null; // the server offers another session
        }

        if (_next is not { Peer.IsConnected: true } next || now < _nextPoll)
        {
            return;
        }

        _nextPoll = now + Poll;
        if (IsFormerOver)
        {
            next.ConnectedAt ??= now;
            if (now - next.ConnectedAt >= FirstPacketWait)
            {
                TakeOver(next);
            }

            return;
        }

        if (!next.IsCompared)
        {
            next.IsCompared = true;
            Compare(now);
        }
        else if (CanTakeOver(_current!, next, now - _comparedSince))
        {
            TakeOver(next);
        }
        else if (now - _comparedSince >= SilentAfter)
        {
            Compare(now);
        }
    }

    public void Dispose()
    {
        _current?.End();
        _next?.End();
    }

    private void Tick(Session? session, TimeSpan now)
    {
        session?.Pump(now);
        if (session is { Answer: { } answer } && now >= session.AnswerAgainAt)
        {
            session.AnswerAgainAt = TimeSpan.MaxValue;
            send(answer);
        }
    }

    private void TakeOver(Session next)
    {
        _current?.End();
        (_current, _next, _moveUntil) = (next, null, default);
    }

    private Session? Find(string id) => _next?.Id == id ? _next : _current?.Id == id ? _current : null;

    private Session Open(string id, string sdp)
    {
        var session = new Session(id, plan.IsLocal, OnRtp);
        session.Peer.Connect(sdp);
        if (_current is null)
        {
            return _current = session;
        }

        _next?.End();
        return _next = session;
    }

    private void Apply(Session session, int version, JsonNode? tracks)
    {
        if (version > session.Version)
        {
            session.Version = version;
            session.Tracks = [.. tracks?.AsArray().Select(track => (personOf(track!["participantId"]!.GetValue<string>()), track["kind"]!.GetValue<string>() == "audio"))
                .Where(track => track.Item1 is not null).Select(track => (track.Item1!.Value, track.Item2)) ?? []];
        }

        send(new JsonObject { ["type"] = "slots", ["sessionId"] = session.Id, ["version"] = session.Version });
    }

    /// <summary>Counts from now on what arrives on both.</summary>
    private void Compare(TimeSpan now)
    {
        _comparedSince = now;
        _current?.Arrived.Clear();
        _next?.Arrived.Clear();
    }

    private static bool CanTakeOver(Session current, Session next, TimeSpan elapsed) =>
        current.Tracks.All(track => next.Arrived.Contains(track) || (!IsNoticeable(current, track) && elapsed >= SilentAfter));

    /// <summary>Each node may choose another quiet microphone for a place that no speaker needs.</summary>
    private static bool IsNoticeable(Session current, (ushort Person, bool IsSound) track) =>
        current.Arrived.Contains(track) && (!track.IsSound || MediaPlan.IsSpeaker(track.Person));

    private void OnRtp(Session session, ReadOnlySpan<byte> packet, long ticks)
    {
        session.Arrivals.OnRtp(packet, ticks);
        if (!RtpHeader.TryParse(packet, out var header) || packet.Length < header.Length + Stamp.Bytes || header.PayloadType is not (Voice or RedundantVoice or Picture) || (packet[0] & Padding) != 0)
        {
            return; // a retransmission, or a probe of the line
        }

        var stamp = Stamp.Read(packet);
        var isSound = header.PayloadType is not Picture;
        session.Arrived.Add((stamp.Person, isSound));
        if (session == _next && IsFormerOver && (!isSound || session.Tracks.All(track => track.IsSound)))
        {
            TakeOver(session);
        }

        if (session != _current)
        {
            return; // does not play yet
        }

        if (isSound)
        {
            reception.OnSound(stamp, ticks);
        }
        else
        {
            reception.OnPicture(stamp, ticks);
        }
    }

    private sealed class Session
    {
        private readonly PacketHandler _onRtp;

        public Session(string id, bool isLocal, PacketHandler onRtp)
        {
            (Id, _onRtp) = (id, onRtp);
            Peer = new BenchPeer(isLocal) { OnRtp = (packet, ticks) => _onRtp(this, packet, ticks) };
            Arrivals = new ArrivalReports(Peer);
        }

        public delegate void PacketHandler(Session session, ReadOnlySpan<byte> packet, long ticks);

        public string Id { get; }

        public BenchPeer Peer { get; }

        public ArrivalReports Arrivals { get; }

        public int Version { get; set; } = -1;

        /// <summary>The answer to the last offer.</summary>
        public JsonObject? Answer { get; set; }

        public TimeSpan AnswerAgainAt { get; set; } = TimeSpan.MaxValue;

        public bool IsCompared { get; set; }

        public TimeSpan? ConnectedAt { get; set; }

        /// <summary>What the slots carry: persons, and whether it is their sound.</summary>
        public IReadOnlyList<(ushort Person, bool IsSound)> Tracks { get; set; } = [];

        /// <summary>What has arrived since the comparison began.</summary>
        public HashSet<(ushort Person, bool IsSound)> Arrived { get; } = [];

        public void Pump(TimeSpan now)
        {
            Peer.Pump();
            Arrivals.Tick(now);
        }

        public void End()
        {
            Peer.Close();
            Peer.Dispose();
        }
    }
}
