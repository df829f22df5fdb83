using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// Rooms of one meeting on several media nodes, joined by links whose messages arrive late and whose packets get lost. A seed decides what happens and in which order. After each step,
/// every track must have exactly one carrier that knows of it.
/// </summary>
internal sealed class CarriageModel
{
    private static readonly TrackSource[] Sources = [TrackSource.Microphone, TrackSource.Camera];
    private static readonly string[] People = ["alice", "bob"];
    private readonly Random _random;
    private readonly List<ModelRoom> _rooms;
    private readonly List<string> _log = [];
    private readonly List<string> _violations = [];
    private long _now;
    private int _disturbances = 1;

    public CarriageModel(int seed, int rooms)
    {
        _random = new Random(seed);
        _rooms = [.. Enumerable.Range(0, rooms).Select(i => new ModelRoom($"ns/{(char)('a' + i)}", (ulong)_random.Next(1, 3)))];
        foreach (var room in _rooms)
        {
            foreach (var other in _rooms.Where(other => other != room))
            {
                room.Links[other] = new ModelLink(room, other);
            }

            room.Tracks.Removed += track => OnRemoved(room, track);
            room.Tracks.CarrierChanged += (_, _) => Switches++;
        }
    }

    /// <summary>How often a track has got another carrier.</summary>
    public int Switches { get; private set; }

    /// <summary>A limit for <see cref="Switches"/>: each event changes the carrier of each track in each room a few times at most.</summary>
    public int SwitchLimit => _disturbances * _rooms.Count * Sources.Length * 2;

    public string Failure => _violations.Count == 0 ? "" : $"{_violations[0]} after:\n  {string.Join("\n  ", _log.TakeLast(60))}";

    public void Step()
    {
        var room = _rooms[_random.Next(_rooms.Count)];
        var person = People[_random.Next(People.Length)];
        switch (_random.Next(100))
        {
            case < 6:
                Publish(room, person);
                break;
            case < 14:
                ConnectClient(room, person);
                break;
            case < 17:
                Leave(room, person);
                break;
            case < 19:
                LoseFormer(room, person);
                break;
            case < 21:
                Mute(room, person);
                break;
            case < 24:
                ChangeLink(room);
                break;
            case < 60:
                Deliver(room);
                break;
            default:
                Send(room, person);
                break;
        }

        RunTimers(_random.Next(500) * TimeSpan.TicksPerMillisecond);
        Check();
    }

    /// <summary>Repairs all links, and delivers everything while all clients send.</summary>
    public void Settle()
    {
        foreach (var room in _rooms)
        {
            People.SelectMany(room.Open).Where(s => !s.IsReady).ToList().ForEach(s => s.Connect());
            _rooms.Where(other => other != room && !room.Links[other].IsUp).ToList().ForEach(other => Connect(room, other));
        }

        Log("settles");
        for (var round = 0; round < 15; round++)
        {
            Exchange();
        }

        CheckCarriers();
        var switches = Switches;
        Exchange();
        Exchange();
        Require(Switches == switches, "carriers still change although everything has arrived");
    }

    private void Exchange()
    {
        foreach (var room in _rooms)
        {
            foreach (var link in room.Links.Values)
            {
                link.DeliverAll();
            }

            foreach (var session in People.SelectMany(room.Open).ToArray())
            {
                foreach (var source in session.Sources)
                {
                    room.Receive(_now, session, source, isKeyFrame: true, _ => false);
                }
            }
        }

        RunTimers(TimeSpan.TicksPerSecond);
        Check();
    }

    private void Publish(ModelRoom room, string person)
    {
        _disturbances++;
        var sources = _random.Next(4) == 0 ? [TrackSource.Microphone] : Sources;
        Log($"{person} publishes {string.Join('+', sources)} on {room.Name}");
        var former = room.Open(person).LastOrDefault();
        var session = new TestPublication(room.Tracks.Join(person), "VP8", sources);
        session.Open(_now, former);
        room.Sessions.Add((person, session));
        if (_random.Next(2) == 0)
        {
            session.Connect();
        }
    }

    private void ConnectClient(ModelRoom room, string person)
    {
        if (room.Open(person).LastOrDefault(s => !s.IsReady) is { } session)
        {
            Log($"{person} connects to {room.Name}");
            session.Connect();
        }
    }

    private void LoseFormer(ModelRoom room, string person)
    {
        if (room.Open(person) is [var former, _, ..])
        {
            Log($"a former connection of {person} to {room.Name} is lost");
            room.Close(former);
        }
    }

    private void Leave(ModelRoom room, string person)
    {
        _disturbances++;
        Log($"{person} leaves {room.Name}");
        foreach (var session in room.Open(person).ToArray())
        {
            room.Close(session);
        }

        room.Tracks.Leave(person);
    }

    private void Mute(ModelRoom room, string person)
    {
        if (room.Open(person).LastOrDefault() is { } session)
        {
            session.Tracks.Mute(new MuteState { Microphone = _random.Next(2) == 0, Camera = _random.Next(2) == 0 });
        }
    }

    private void ChangeLink(ModelRoom room)
    {
        var other = _rooms.Where(r => r != room).ElementAt(_random.Next(_rooms.Count - 1));
        _disturbances++;
        if (room.Links[other].IsUp)
        {
            Log($"link {room.Name}-{other.Name} goes down");
            room.Links[other].GoDown();
            other.Links[room].GoDown();
        }
        else
        {
            Connect(room, other);
        }
    }

    private void Connect(ModelRoom room, ModelRoom other)
    {
        Log($"link {room.Name}-{other.Name} comes up");
        room.Links[other].ComeUp();
        other.Links[room].ComeUp();
    }

    private void Deliver(ModelRoom room)
    {
        var link = room.Links.Values.ElementAt(_random.Next(room.Links.Count));
        if (!link.IsUp && _random.Next(3) == 0)
        {
            Log($"{link} has timed out");
            link.Expire();
        }
        else if (link.Deliver() is { } message)
        {
            Log($"{link} delivers {message}");
        }
    }

    private void Send(ModelRoom room, string person)
    {
        var sessions = room.Open(person).Where(s => s.IsReady).ToList();
        if (sessions.Count > 0)
        {
            var session = sessions[_random.Next(sessions.Count)];
            var source = session.Sources[_random.Next(session.Sources.Count)];
            var isKeyFrame = _random.Next(2) == 0;
            Log($"{person} sends {source} to {room.Name} as {session.Succession.Carriage.Number}{(isKeyFrame ? "" : ", no key frame")}");
            room.Receive(_now, session, source, isKeyFrame, _ => _random.Next(5) == 0);
        }
    }

    private void RunTimers(long ticks)
    {
        _now += ticks;
        foreach (var room in _rooms)
        {
            foreach (var (_, session) in room.Sessions.Where(s => !s.Session.IsClosed).ToArray())
            {
                session.Succession.HandleTimeout(_now);
            }

            foreach (var (_, session) in room.Sessions.Where(s => s.Session is { IsReplaced: true, IsClosed: false }).ToArray())
            {
                room.Close(session);
            }
        }
    }

    private void OnRemoved(ModelRoom room, PublishedTrack track)
    {
        var (person, source) = (track.Track.ParticipantId, track.Track.Source);
        var link = room.Incoming(_rooms).FirstOrDefault(l => l.Carrier.Announced.Exists(a => a.ParticipantId == person && a.Source == source));
        Require(link is null, $"{room.Name} closed {source} of {person}, which {link} carries");
        Require(!room.Open(person).Any(s => s.Sources.Contains(source)), $"{room.Name} closed {source} of {person}, who publishes it there");
    }

    /// <summary>What must be true at any time.</summary>
    private void Check()
    {
        foreach (var room in _rooms)
        {
            var sessions = room.Sessions.Where(s => !s.Session.IsClosed).Select(s => s.Session).ToList();
            var carried = sessions.SelectMany(s => s.Sources.Select(s.Carried).OfType<PublishedTrack>()).ToList();
            var relayed = room.Incoming(_rooms).SelectMany(l => l.Carrier.Carried).ToList();
            Require(carried.ToHashSet().SetEquals(room.Tracks.Local) && carried.Count == room.Tracks.Local.Count(), $"{room.Name}: sessions carry other tracks than the room lists");
            Require(relayed.ToHashSet().SetEquals(room.Tracks.Relayed) && relayed.Count == room.Tracks.Relayed.Count(), $"{room.Name}: links carry other tracks than the room lists");
            var all = room.Tracks.Local.Concat(room.Tracks.Relayed).ToList();
            Require(all.DistinctBy(t => (t.Track.ParticipantId, t.Track.Source)).Count() == all.Count, $"{room.Name}: two tracks of one source");
            Require(all.TrueForAll(t => !t.Track.IsClosed), $"{room.Name}: a closed track is listed");
            Require(room.Tracks.Relayed.All(t => ((TestLink)t.Carrier!).CarriedAs(t.Announced!) == t && t.Track.IsMuted == t.Announced!.IsMuted), $"{room.Name}: a track has not the state of its link");
        }
    }

    /// <summary>What must be true after everything has arrived: the newest session of each participant carries its tracks, in each room.</summary>
    private void CheckCarriers()
    {
        foreach (var person in People)
        {
            foreach (var source in Sources)
            {
                var live = _rooms.SelectMany(r => r.Open(person).Where(s => s.Sources.Contains(source)).Select(s => (Room: r, Session: s))).ToList();
                live.Sort((a, b) => b.Session.Succession.Carriage.CompareTo(a.Session.Succession.Carriage));
                foreach (var room in _rooms)
                {
                    var track = room.Tracks.Of([person]).SingleOrDefault(t => t.Track.Source == source);
                    var actual = track is null ? "nobody" : track.IsRelayed ? $"{track.Carriage.Origin} {track.Carriage.Number}" : $"here {track.Carriage.Number}";
                    var expected = live.Count == 0 ? "nobody" : $"{(live[0].Room == room ? "here" : live[0].Room.Name)} {live[0].Session.Succession.Carriage.Number}";
                    Require(actual == expected, $"{room.Name}: {source} of {person} is carried by {actual} instead of {expected}");
                }
            }
        }
    }

    private void Log(string text) => _log.Add(text);

    private void Require(bool condition, string violation)
    {
        if (!condition)
        {
            _violations.Add(violation);
        }
    }
}
