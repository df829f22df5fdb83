using System.Net;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Settings;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Dtls;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The rooms of the node and their loops. Safe for concurrent use; a room itself is accessed only on its loop.</summary>
internal sealed class RoomDirectory
{
    /// <summary>Age of the last iteration of a loop above which it gets no new rooms. An idle loop iterates once a second.</summary>
    private const long StuckTicks = 3 * TimeSpan.TicksPerSecond;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PlacedRoom> _rooms = new(StringComparer.Ordinal);

    /// <summary>Closed rooms, in which sessions may still end.</summary>
    private readonly List<NodeRoom> _ending = [];
    private readonly (MediaLoop Loop, SessionFactory Sessions)[] _loops;
    private readonly NodeOptions _options;
    private readonly Func<long> _clock;

    /// <param name="loops">The loops of the node.</param>
    /// <param name="certificate">The DTLS certificate of all sessions.</param>
    /// <param name="options">The configuration of the node.</param>
    /// <param name="clock">Monotonic time in 100 ns ticks.</param>
    public RoomDirectory(IReadOnlyList<MediaLoop> loops, DtlsCertificate certificate, NodeOptions options, Func<long>? clock = null)
    {
        _options = options;
        _clock = clock ?? (() => MonotonicClock.NowTicks);
        _loops = [.. loops.Select(l => (l, new SessionFactory(l, certificate, options.AdvertisedAddresses, options.SilenceTimeout)))];
    }

    /// <summary>Whether the operator requested a drain. The operator can cancel it.</summary>
    public bool IsDrainRequested { get; set; }

    /// <summary>Whether the process is shutting down, independently of <see cref="IsDrainRequested"/>.</summary>
    public bool IsShuttingDown { get; set; }

    public bool IsDraining => IsDrainRequested || IsShuttingDown;

    public int ParticipantCount => Rooms.Sum(r => r.ParticipantCount);

    public IReadOnlyList<NodeRoom> Rooms
    {
        get
        {
            lock (_lock)
            {
                return [.. _rooms.Values.Select(p => p.Room)];
            }
        }
    }

    /// <summary>Creates or updates the room. <c>Created</c> is true when the room is new.</summary>
    public async Task<(RoomReport Report, bool Created)> PutAsync(string id, RoomSpec spec, CancellationToken ct)
    {
        if (spec.Generation < 0 || spec.MaxParticipants is < 1 or > 10_000)
        {
            throw ControlProblemException.InvalidRequest("generation must not be negative, and maxParticipants must be from 1 to 10000.");
        }

        while (true)
        {
            var room = FindOrAdd(id, spec, out var created);
            if (await room.Loop.RunInStepsAsync(() => Update(room, spec), ct).ConfigureAwait(false) is { } report)
            {
                return (report, created);
            }

            // The room has closed meanwhile; the next iteration creates a new one.
        }
    }

    /// <summary>Runs <paramref name="work"/> on the room's loop.</summary>
    public async Task<T> RunAsync<T>(string id, Func<NodeRoom, T> work, CancellationToken ct)
    {
        var room = Find(id) ?? throw ControlProblemException.UnknownRoom(id);
        return await room.Loop.RunAsync(() => room.IsClosed ? throw ControlProblemException.UnknownRoom(id) : work(room), ct).ConfigureAwait(false);
    }

    /// <summary>Reports about a room and each of its participants.</summary>
    public async Task<RoomReport> ReportAsync(string id, CancellationToken ct)
    {
        var report = await RunAsync(id, room => room.Loop.StartSteps(room.Report(withParticipants: true)), ct).ConfigureAwait(false);
        return await report.WaitAsync(ct).ConfigureAwait(false) ?? throw ControlProblemException.UnknownRoom(id);
    }

    /// <summary>Removes a room at once and returns when its sessions have ended.</summary>
    public async Task DeleteAsync(string id, long generation, string reason, CancellationToken ct, bool onlyIfEmpty = false)
    {
        if (Find(id) is not { } room)
        {
            return;
        }

        var closing = await room.Loop.RunAsync(
            () =>
            {
                if (onlyIfEmpty && room.ParticipantCount > 0)
                {
                    throw ControlProblemException.NotEmpty(room.ParticipantCount);
                }

                room.Fence(generation);
                room.Close(reason);
                Remove(room);
                return room.Ended;
            },
            ct).ConfigureAwait(false);
        await closing.WaitAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Ends a link of a room. An unknown room or link is ignored.</summary>
    public async Task DeleteLinkAsync(string id, string link, long generation, CancellationToken ct)
    {
        if (Find(id) is not { } room)
        {
            return;
        }

        await room.Loop.RunAsync(
            () =>
            {
                if (!room.IsClosed)
                {
                    room.DeleteLink(link, generation);
                }

                return true;
            },
            ct).ConfigureAwait(false);
    }

    /// <summary>Waits for the sessions of the rooms that are closed. An error in the end of a room is that of whoever closed it.</summary>
    public async Task WaitForEndsAsync(CancellationToken ct)
    {
        Task[] ends;
        lock (_lock)
        {
            ends = [.. _ending.Select(static room => room.Ended)];
        }

        foreach (var end in ends)
        {
            await end.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Updates a room and reports about it, in steps. There is no report when the room is closed.</summary>
    private IEnumerable<RoomReport?> Update(NodeRoom room, RoomSpec spec)
    {
        if (room.IsClosed)
        {
            Remove(room);
            return [];
        }

        room.Update(spec);
        return room.Report(withParticipants: false);
    }

    private NodeRoom FindOrAdd(string id, RoomSpec spec, out bool created)
    {
        lock (_lock)
        {
            created = !_rooms.TryGetValue(id, out var placed);
            if (!created)
            {
                return placed.Room;
            }

            if (IsDraining)
            {
                throw new ControlProblemException(HttpStatusCode.ServiceUnavailable, "draining", "This node is draining and accepts no new rooms.");
            }

            // Test calls show whether a full node still works.
            Action admit = RoomIds.IsOfSelfCall(id) ? static () => { } : EnsurePlace;
            admit();

            var now = _clock();
            var (loop, sessions) = _loops[LoopChoice.Choose([.. _loops.Select(l => LoadOf(l.Loop, now))])];
            var room = new NodeRoom(id, spec, loop, sessions, _options.ParticipantTimeout, Remove, admit);
            _rooms[id] = new PlacedRoom(room, now);
            return room;
        }
    }

    /// <summary>Throws when the rooms have as many participants as the node may have. Two loops that admit somebody at the same moment may exceed it by one.</summary>
    private void EnsurePlace()
    {
        lock (_lock)
        {
            if (_rooms.Values.Where(static p => !RoomIds.IsOfSelfCall(p.Room.Id)).Sum(static p => p.Room.ParticipantCount) >= _options.MaxParticipants)
            {
                throw new ControlProblemException(HttpStatusCode.ServiceUnavailable, "full", $"This node has reached its limit of {_options.MaxParticipants} participants.");
            }
        }
    }

    private LoopLoad LoadOf(MediaLoop loop, long now)
    {
        var (rooms, newRooms) = (0, 0);
        foreach (var placed in _rooms.Values)
        {
            if (placed.Room.Loop == loop)
            {
                rooms++;
                newRooms += now - placed.PlacedTicks < LoopChoice.NewRoomTicks ? 1 : 0;
            }
        }

        return new LoopLoad(loop.Load, rooms, newRooms, now - loop.LastTurnTicks > StuckTicks);
    }

    private void Remove(NodeRoom room)
    {
        lock (_lock)
        {
            if (_rooms.TryGetValue(room.Id, out var placed) && placed.Room == room)
            {
                _rooms.Remove(room.Id);
                _ending.RemoveAll(static ending => ending.Ended.IsCompleted);
                _ending.Add(room);
            }
        }
    }

    private NodeRoom? Find(string id)
    {
        lock (_lock)
        {
            return _rooms.GetValueOrDefault(id).Room;
        }
    }

    /// <param name="Room">The room.</param>
    /// <param name="PlacedTicks">When it was placed on its loop.</param>
    private readonly record struct PlacedRoom(NodeRoom Room, long PlacedTicks);
}
