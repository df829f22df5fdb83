using System.Text.Json.Nodes;

namespace MeetOperator.Bench.Move.People;

/// <summary>A person in a meeting, as the SDK behaves: it joins over signaling, sends a microphone and a camera, shows the cameras of all others, and moves when it is told. Used by one thread.</summary>
internal sealed class Member : IDisposable
{
    /// <summary>Whoever receives nothing for longer is dropped.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(2);
    private readonly MemberSocket _socket;
    private readonly Publication _publication;
    private readonly Subscription _subscription;
    private readonly HashSet<string> _others = [];
    private readonly string _id;
    private TimeSpan _now;
    private int _openings;
    private bool _asksToResume;
    private bool _isViewOutdated;
    private TimeSpan _nextView;
    private TimeSpan _nextTick;
    private string? _sentView;

    /// <param name="id">The participant's ID.</param>
    /// <param name="socket">Its open socket.</param>
    /// <param name="plan">What it sends.</param>
    /// <param name="personOf">The number of the person with an ID.</param>
    public Member(string id, MemberSocket socket, MediaPlan plan, Func<string, ushort?> personOf)
    {
        (_id, _socket, Plan, Reception) = (id, socket, plan, new Reception(plan));
        _publication = new Publication(plan, _socket.Send);
        _subscription = new Subscription(plan, Reception, _socket.Send, personOf);
    }

    public MediaPlan Plan { get; }

    public Reception Reception { get; }

    /// <summary>Why the person is not in the meeting any more, or had to open its media connections again; null while nothing happened.</summary>
    public string? Dropped { get; private set; }

    /// <summary>The errors that signaling has reported.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>When the first packet of sound arrived.</summary>
    public TimeSpan? FirstSoundAt { get; private set; }

    /// <summary>How often the person was told to move.</summary>
    public int Moves { get; private set; }

    /// <summary>Both connections are up, and no former one is left.</summary>
    public bool IsSettled => Dropped is null && _publication.IsSettled && _subscription.IsSettled;

    public void Tick(TimeSpan now)
    {
        if (Dropped is not null || now < _nextTick)
        {
            return;
        }

        _now = now;
        if (_openings != _socket.Openings)
        {
            _openings = _socket.Openings;
            Join();
        }

        while (_socket.TryTake(out var message))
        {
            Handle(message);
        }

        if (_socket.End is { } end)
        {
            Drop($"the socket ended: {end}");
        }

        if (_isViewOutdated && now >= _nextView)
        {
            SendView();
        }

        _publication.Tick(now);
        _subscription.Tick(now);
        FirstSoundAt ??= Reception.HasSound ? now : null;
        _nextTick = FirstSoundAt is not null && !Plan.HasSound && IsSettled ? now + Plan.ListeningTick : default;
        if (_publication.IsLost || _subscription.IsLost)
        {
            Drop(_publication.IsLost ? "the publish connection was lost" : "the subscribe connection was lost");
        }
    }

    /// <summary>The state, for messages about failures.</summary>
    public string Describe() =>
        $"{Plan.Person}: {Dropped ?? (IsSettled ? "settled" : "not settled")}, hears {Reception.Sources.Heard}, sees {Reception.Sources.Seen}; {string.Join(", ", Errors)}";

    public void Drop(string reason) => Dropped ??= reason;

    public void Leave() => _socket.Send(new JsonObject { ["type"] = "leave" });

    public void Dispose()
    {
        _publication.Dispose();
        _subscription.Dispose();
        _socket.Dispose();
    }

    private void Handle(JsonNode message)
    {
        switch (message["type"]!.GetValue<string>())
        {
            case "joined":
                _others.Clear();
                foreach (var participant in message["participants"]!.AsArray())
                {
                    Add(participant!);
                }

                _sentView = null;
                SendView();
                SendMutes();
                _publication.OnJoined(_now);
                break;
            case "participant-joined":
                Add(message["participant"]!);
                break;
            case "participant-left":
                _isViewOutdated |= _others.Remove(message["participantId"]!.GetValue<string>());
                break;
            case "offer":
                if (_subscription.OnOffer(message) && _asksToResume)
                {
                    // A server that could not resume the subscription has lost what was published too.
                    _asksToResume = false;
                    _publication.Open(_now, isRestart: true);
                }

                break;
            case "answer":
                _publication.OnAnswer(_now, message);
                break;
            case "slots":
                _subscription.OnSlots(message);
                break;
            case "media-move":
                var until = _now + TimeSpan.FromMilliseconds(message["deadline"]!.GetValue<long>());
                Moves++;
                _asksToResume = false;
                _subscription.Move(until);
                _publication.Open(_now, isRestart: true, until);
                break;
            case "media-restart" when Plan.MayRestart:
                _subscription.Move(_now);
                _publication.Open(_now, isRestart: true);
                break;
            case "media-restart":
                Drop($"media-restart ({message["reason"]})");
                break;
            case "removed" or "meeting-ended":
                Drop($"{message["type"]} ({message["reason"]})");
                break;
            case "error":
                Errors.Add($"{message["code"]}: {message["message"]}");
                _publication.OnError(_now, message);
                _subscription.OnError(_now, message);
                break;
        }
    }

    private void Join()
    {
        var capabilities = new JsonObject { ["slots"] = true, ["move"] = true };
        _asksToResume = _subscription.CanResume;
        if (_asksToResume)
        {
            capabilities["resume"] = true;
        }

        var muted = new JsonObject { ["audio"] = !Plan.HasSound, ["video"] = !Plan.HasPicture };
        _socket.Send(new JsonObject { ["type"] = "join", ["participantId"] = _id, ["capabilities"] = capabilities, ["muted"] = muted });
    }

    private void Add(JsonNode participant)
    {
        var id = participant["participantId"]!.GetValue<string>();
        _isViewOutdated |= id != _id && _others.Add(id);
    }

    private void SendMutes()
    {
        foreach (var (isSent, type) in new[] { (Plan.HasSound, "audio"), (Plan.HasPicture, "video") })
        {
            if (!isSent)
            {
                _socket.Send(new JsonObject { ["type"] = "mute", ["mediaType"] = type });
            }
        }
    }

    /// <summary>Shows the cameras of all others, if it has one itself. As the SDK, sends nothing that the server knows.</summary>
    private void SendView()
    {
        (_isViewOutdated, _nextView) = (false, _now + TimeSpan.FromMilliseconds(500));
        var shown = Plan.HasPicture ? _others : [];
        var tracks = shown.Select(JsonNode? (id) => new JsonObject { ["participantId"] = id, ["source"] = "camera", ["width"] = 320, ["height"] = 180 });
        var view = new JsonObject { ["type"] = "view", ["tracks"] = new JsonArray([.. tracks]) };
        var text = view.ToJsonString();
        if (text != _sentView)
        {
            _sentView = text;
            _socket.Send(view);
        }
    }
}
