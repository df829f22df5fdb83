using System.Text.Json.Nodes;
using MeetOperator.Bench.Media;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Bench.Move.People;

/// <summary>What a member sends, on one connection, or on two during a move, as the SDK does (<c>publish-session.ts</c>).</summary>
internal sealed class Publication(MediaPlan plan, Action<JsonObject> send) : IDisposable
{
    /// <summary>How long a former connection goes on after the new one has sent every track.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(1_000);

    /// <summary>How long a former connection is kept at most without a move.</summary>
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);
    private readonly List<Connection> _connections = [];
    private Connection? _offered;
    private TimeSpan _answerBy;
    private TimeSpan _moveUntil;
    private TimeSpan _nextSound;
    private TimeSpan _nextPicture;
    private uint _soundFrame;
    private uint _pictureFrame;
    private int _offers;

    /// <summary>Whether the newest connection sends and no former one is left.</summary>
    public bool IsSettled => _offered is null && _connections is [{ Peer.IsConnected: true }];

    public bool IsLost => _offered is null && _connections is [.., { Peer.IsLost: true }];

    /// <summary>Opens a connection beside the present one, which goes on until the new one sends, and during a move a little longer.</summary>
    public void Open(TimeSpan now, bool isRestart, TimeSpan moveUntil = default)
    {
        _moveUntil = moveUntil;
        _offered?.Peer.Dispose();
        _offered = new Connection(plan);
        _answerBy = now + AnswerTimeout;
        var message = new JsonObject
        {
            ["type"] = "offer",
            ["to"] = "sfu",
            ["sdp"] = BenchSdp.Publish(_offered.Peer),
            ["tracks"] = new JsonArray(Track("0", "microphone"), Track("1", "camera")),
            ["reference"] = $"offer-{++_offers}",
        };
        if (isRestart)
        {
            message["restart"] = true;
        }

        send(message);
    }

    /// <summary>A socket is open. An offer that waited for its answer when the former one ended is made again.</summary>
    public void OnJoined(TimeSpan now)
    {
        if (_offered is not null || _connections.Count == 0)
        {
            Open(now, isRestart: _offered is not null, _moveUntil);
        }
    }

    /// <summary>An offer that was rejected is made again shortly afterwards.</summary>
    public void OnError(TimeSpan now, JsonNode error)
    {
        if (_offered is not null && error["reference"]?.GetValue<string>() == $"offer-{_offers}")
        {
            _answerBy = now + RetryAfter;
        }
    }

    public void OnAnswer(TimeSpan now, JsonNode message)
    {
        if (_offered is null || message["reference"]?.GetValue<string>() != $"offer-{_offers}")
        {
            return; // the answer to an offer that a later one replaced
        }

        foreach (var former in _connections)
        {
            former.EndBy = _moveUntil > now + Keep ? _moveUntil : now + Keep;
        }

        _offered.Peer.Connect(message["sdp"]!.GetValue<string>());
        _connections.Add(_offered);
        _offered = null;
    }

    public void Tick(TimeSpan now)
    {
        if (_offered is not null && now > _answerBy)
        {
            Open(now, isRestart: true, _moveUntil);
        }

        Send(now);
        foreach (var connection in _connections)
        {
            connection.Peer.Pump();
        }

        if (_connections.Count > 1 && _connections[^1] is { Media.HasSentAll: true, HasTakenOver: false } newest)
        {
            newest.HasTakenOver = true;
            foreach (var former in _connections[..^1])
            {
                former.EndBy = _moveUntil > now ? now + Linger : now;
            }
        }

        for (var i = _connections.Count - 2; i >= 0; i--)
        {
            if (now >= _connections[i].EndBy)
            {
                _connections[i].End();
                _connections.RemoveAt(i);
            }
        }
    }

    public void Dispose()
    {
        _offered?.Peer.Dispose();
        _connections.ForEach(connection => connection.End());
    }

    private void Send(TimeSpan now)
    {
        var sound = plan.HasSound && TryTakeTurn(now, plan.SoundInterval, ref _nextSound);
        var picture = plan.HasPicture && TryTakeTurn(now, plan.PictureInterval, ref _nextPicture);
        if (sound)
        {
            _soundFrame++;
            _connections.ForEach(connection => connection.Media.SendVoice(_soundFrame));
        }

        if (picture)
        {
            _pictureFrame++;
            _connections.ForEach(connection => connection.Media.SendPicture(_pictureFrame));
        }
    }

    /// <summary>After a pause of the bench, frames are left out and not sent late.</summary>
    private static bool TryTakeTurn(TimeSpan now, TimeSpan interval, ref TimeSpan next)
    {
        if (now < next)
        {
            return false;
        }

        next = now - next > interval ? now + interval : next + interval;
        return true;
    }

    private static JsonObject Track(string mid, string source) => new() { ["mid"] = mid, ["source"] = source };

    private sealed class Connection
    {
        public Connection(MediaPlan plan)
        {
            Peer = new BenchPeer(plan.IsLocal) { OnRtcp = OnRtcp };
            Media = new Media(plan, Peer);
        }

        public BenchPeer Peer { get; }

        public Media Media { get; }

        public TimeSpan EndBy { get; set; } = TimeSpan.MaxValue;

        public bool HasTakenOver { get; set; }

        public void End()
        {
            Peer.Close();
            Peer.Dispose();
        }

        private void OnRtcp(ReadOnlySpan<byte> compound)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                Media.NeedsKeyFrame |= FeedbackMessage.TryParse(packet, out var feedback) && (feedback.IsPictureLoss || feedback.IsFullIntraRequest);
            }
        }
    }
}
