using System.Net;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// What the parts of a room have in common: its spec, its events, and which participant is on which part. A room has one part, its hub, until <see cref="RoomParts"/> opens others on further
/// loops. Safe for concurrent use.
/// </summary>
/// <param name="id">The meeting ID.</param>
/// <param name="spec">The spec that the operator sent.</param>
/// <param name="admit">Throws when the media node takes no other participant.</param>
internal sealed class RoomShare(string id, RoomSpec spec, Action admit)
{
    /// <summary>How long a participant counts as joining, because the load of its loop does not show it yet.</summary>
    private const long JoiningTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Participants removed for good that a room remembers. Of more, the oldest are forgotten.</summary>
    private const int MaxExcluded = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Participants removed for good. A call for them that was already on its way must not add them again.</summary>
    private readonly HashSet<string> _excluded = new(StringComparer.Ordinal);
    private readonly Queue<string> _excludedInOrder = new();
    private volatile NodeRoom[] _parts = [];
    private volatile RoomSpec _spec = spec;
    private volatile int _count;
    private volatile bool _isClosed;
    private long _generation = spec.Generation;
    private long _closedPacketsIn;
    private long _closedPacketsOut;

    /// <summary>Places in the order of their changes: those that count as recent, and those of participants that are not there, until they are forgotten.</summary>
    private readonly Queue<(string Participant, long Ticks)> _recent = new();
    private readonly Queue<(string Participant, long Ticks)> _absent = new();
    private int _lastPart;
    private int _hasFailedConnection;

    /// <summary>Time after which a part ends where nobody is.</summary>
    public TimeSpan EmptyTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a participant that is not there keeps its part: from a request until it joins, and from the end of its stay until it returns.</summary>
    public TimeSpan KeepTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Monotonic time in 100 ns ticks.</summary>
    internal Func<long> Clock { get; init; } = static () => MonotonicClock.NowTicks;

    /// <summary>The paths that the sessions of the room may use.</summary>
    public PathGuard Paths { get; init; } = new(new KnownRelays(), spec.Connectivity);

    public string Id => id;

    public RoomEventHub Events { get; } = new();

    /// <summary>The name of the media node.</summary>
    public NodeName Name { get; } = new();

    /// <summary>The parts that are open, the hub first.</summary>
    public IReadOnlyList<NodeRoom> Parts => _parts;

    public NodeRoom Hub => _parts[0];

    public RoomSpec Spec => _spec;

    public long Generation => Volatile.Read(ref _generation);

    /// <summary>The number of participants on all parts.</summary>
    public int Count => _count;

    public bool IsClosed => _isClosed;

    /// <summary>What parts that have closed counted (<see cref="RoomTraffic"/>).</summary>
    public (long In, long Out) ClosedPackets => (Interlocked.Read(ref _closedPacketsIn), Interlocked.Read(ref _closedPacketsOut));

    /// <summary>Rejects a request of an older assignment of the meeting. Without a generation, a request belongs to any.</summary>
    public void CheckGeneration(long? generation)
    {
        if (generation is { } given && given < Generation)
        {
            throw ControlProblemException.StaleGeneration(Generation, given);
        }
    }

    /// <summary>Rejects a request of an older assignment of the meeting, and adopts the generation of a newer one.</summary>
    public void Fence(long generation)
    {
        for (var known = Generation; generation != known; known = Generation)
        {
            if (generation < known)
            {
                throw ControlProblemException.StaleGeneration(known, generation);
            }

            Interlocked.CompareExchange(ref _generation, generation, known);
        }
    }

    public void Update(RoomSpec updated)
    {
        Fence(updated.Generation);
        _spec = updated;
        Paths.Rule = updated.Connectivity;
    }

    /// <summary>Throws when the room, or the media node, takes no other participant.</summary>
    public void CheckCanEnter(string participant, int limit)
    {
        lock (_lock)
        {
            Check(participant, limit);
        }

        admit();
    }

    /// <summary>Records that a participant is on a part. Throws when the room is full, or when the participant is on another part.</summary>
    public void Enter(string participant, NodeRoom part, int limit)
    {
        lock (_lock)
        {
            var isKnown = _places.TryGetValue(participant, out var place) && place.IsPresent;
            if (isKnown && place.Part != part)
            {
                throw ControlProblemException.Concurrent();
            }

            Check(participant, isKnown ? int.MaxValue : limit);
            Set(participant, new Place(part, Clock(), IsPresent: true));
            _count += isKnown ? 0 : 1;
        }
    }

    /// <summary>Records that a participant has left a part. It keeps its place there for a while.</summary>
    public void Leave(string participant, NodeRoom part)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(participant, out var place) && place.Part == part && place.IsPresent)
            {
                var now = Clock();
                Set(participant, new Place(part, now, IsPresent: false));
                _count--;
                Prune(now);
            }
        }
    }

    /// <summary>Rejects all later requests for a participant.</summary>
    public void Exclude(string participant)
    {
        lock (_lock)
        {
            if (_excluded.Add(participant))
            {
                _excludedInOrder.Enqueue(participant);
                if (_excludedInOrder.Count > MaxExcluded)
                {
                    _excluded.Remove(_excludedInOrder.Dequeue());
                }
            }
        }
    }

    /// <summary>Whether a participant is on one of the parts.</summary>
    public bool Has(string participant)
    {
        lock (_lock)
        {
            return _places.TryGetValue(participant, out var place) && place.IsPresent;
        }
    }

    /// <summary>The part of a participant, or null when it has none.</summary>
    public NodeRoom? Find(string participant)
    {
        lock (_lock)
        {
            return FindPart(participant);
        }
    }

    /// <summary>
    /// The part of a participant. One that has none gets the part that <paramref name="choose"/> returns, and keeps it. Throws when the participant has none and cannot enter, so that nothing is
    /// done for a request that is rejected.
    /// </summary>
    /// <param name="participant">The participant.</param>
    /// <param name="generation">The generation that the caller knows.</param>
    /// <param name="choose">Returns a part that is open.</param>
    public NodeRoom FindOrPlace(string participant, long generation, Func<NodeRoom> choose)
    {
        CheckGeneration(generation);
        if (Find(participant) is { } known)
        {
            return known;
        }

        CheckCanEnter(participant, Spec.MaxParticipants);
        lock (_lock)
        {
            if (FindPart(participant) is { } placed)
            {
                return placed;
            }

            Check(participant, Spec.MaxParticipants); // the room may have closed, or the participant may have been removed for good
            Prune(Clock());
            var part = choose();
            Set(participant, new Place(part, Clock(), IsPresent: false));
            return part;
        }
    }

    /// <summary>The number of participants with a place on a part, and how many of them have it only since now.</summary>
    public (int Participants, int Joining) CountOn(NodeRoom part)
    {
        lock (_lock)
        {
            Prune(Clock());
            return (part.Places.Counted, part.Places.Recent);
        }
    }

    /// <summary>The participants who are on a part.</summary>
    public IReadOnlyList<string> ListOn(NodeRoom part)
    {
        lock (_lock)
        {
            return [.. _places.Where(place => place.Value.IsPresent && place.Value.Part == part).Select(place => place.Key)];
        }
    }

    /// <summary>The number of a new part.</summary>
    public int NextPart() => Interlocked.Increment(ref _lastPart);

    /// <summary>Adds a part. The one that is added first is the hub.</summary>
    public void Add(NodeRoom part)
    {
        lock (_lock)
        {
            _parts = [.. _parts, part];
        }
    }

    /// <summary>
    /// Removes a part that closes from the open ones. Those who are there keep their places until they have left, because the events of whoever comes back on another part follow those of the end.
    /// </summary>
    /// <param name="part">The part.</param>
    /// <param name="packetsIn">The packets that it counted, for the reports of the room.</param>
    /// <param name="packetsOut">The packets that it sent.</param>
    public void Close(NodeRoom part, long packetsIn, long packetsOut)
    {
        lock (_lock)
        {
            _parts = [.. _parts.Where(p => p != part)];
        }

        Interlocked.Add(ref _closedPacketsIn, packetsIn);
        Interlocked.Add(ref _closedPacketsOut, packetsOut);
    }

    /// <summary>Removes a part that has closed, with all places there. Those who had them get other ones with their next requests.</summary>
    public void Remove(NodeRoom part)
    {
        lock (_lock)
        {
            Drop(part);
        }
    }

    /// <summary>Removes a part if nobody has been there for <see cref="EmptyTime"/>. False when somebody is there, or is on the way.</summary>
    public bool TryRetire(NodeRoom part, long nowTicks)
    {
        if (!CanRetire(part, nowTicks))
        {
            return false; // without the lock, because media waits for the caller
        }

        lock (_lock)
        {
            if (!CanRetire(part, nowTicks))
            {
                return false;
            }

            Drop(part);
            return true;
        }
    }

    /// <summary>Ends the room: nobody can enter it any more. Returns the parts without the hub, which are removed.</summary>
    public IReadOnlyList<NodeRoom> Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            NodeRoom[] others = [.. _parts.Skip(1)];
            _parts = [.. _parts.Take(1)];
            return others;
        }
    }

    /// <summary>Does the same if nobody is in the room; otherwise throws.</summary>
    public void CloseIfEmpty()
    {
        lock (_lock)
        {
            if (_count > 0)
            {
                throw ControlProblemException.NotEmpty(_count);
            }

            _isClosed = true;
        }
    }

    /// <summary>True for the first connection of the room that fails.</summary>
    public bool TryMarkFailedConnection() => Interlocked.Exchange(ref _hasFailedConnection, 1) == 0;

    private void Check(string participant, int limit)
    {
        if (_isClosed)
        {
            throw ControlProblemException.UnknownRoom(id);
        }

        if (_excluded.Contains(participant))
        {
            throw ControlProblemException.ParticipantRemoved(participant);
        }

        if (_count >= limit)
        {
            throw new ControlProblemException(HttpStatusCode.Conflict, "room-full", $"The room has reached its limit of {limit} participants.");
        }
    }

    private NodeRoom? FindPart(string participant) => _places.TryGetValue(participant, out var place) && (place.IsPresent || _parts.Contains(place.Part)) ? place.Part : null;

    private void Drop(NodeRoom part)
    {
        _parts = [.. _parts.Where(p => p != part)];
        foreach (var (participant, place) in _places)
        {
            if (place.Part == part)
            {
                Unset(participant, place);
                _count -= place.IsPresent ? 1 : 0;
            }
        }
    }

    private bool CanRetire(NodeRoom part, long nowTicks) => part.Places.Present == 0 && nowTicks - part.Places.LastTicks >= EmptyTime.Ticks;

    private void Set(string participant, Place place)
    {
        if (_places.TryGetValue(participant, out var former))
        {
            Unset(participant, former);
        }

        Add(participant, place with { IsRecent = true });
        _recent.Enqueue((participant, place.Ticks));
        if (!place.IsPresent)
        {
            _absent.Enqueue((participant, place.Ticks));
        }
    }

    private void Add(string participant, Place place)
    {
        _places[participant] = place;
        place.Part.Places.Count(1, place.IsPresent, place.IsRecent, place.Ticks);
    }

    private void Unset(string participant, Place place)
    {
        _places.Remove(participant);
        place.Part.Places.Count(-1, place.IsPresent, place.IsRecent, place.Ticks);
    }

    /// <summary>Forgets which places are recent, and those that nobody has come back to. Each change of a place is looked at once for either.</summary>
    private void Prune(long nowTicks)
    {
        while (_recent.TryPeek(out var next) && nowTicks - next.Ticks >= JoiningTicks)
        {
            _recent.Dequeue();
            if (_places.TryGetValue(next.Participant, out var place) && place.Ticks == next.Ticks)
            {
                Unset(next.Participant, place);
                Add(next.Participant, place with { IsRecent = false });
            }
        }

        while (_absent.TryPeek(out var next) && nowTicks - next.Ticks > KeepTime.Ticks)
        {
            _absent.Dequeue();
            if (_places.TryGetValue(next.Participant, out var place) && place.Ticks == next.Ticks && !place.IsPresent)
            {
                Unset(next.Participant, place);
            }
        }
    }

    /// <param name="Part">The part of the participant.</param>
    /// <param name="Ticks">Since when it is there, has left it, or is on the way.</param>
    /// <param name="IsPresent">Whether it is there.</param>
    /// <param name="IsRecent">Whether the load of its loop may not show the change yet.</param>
    private readonly record struct Place(NodeRoom Part, long Ticks, bool IsPresent, bool IsRecent = false);
}
