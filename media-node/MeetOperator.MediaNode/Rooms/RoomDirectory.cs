using System.Net;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Settings;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Dtls;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The rooms of the node and their loops. Safe for concurrent use; a room itself, or a part of it, is accessed only on its loop.</summary>
internal sealed class RoomDirectory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PlacedRoom> _rooms = new(StringComparer.Ordinal);

    /// <summary>Closed rooms, in which sessions may still end.</summary>
    private readonly List<RoomParts> _ending = [];
    private readonly (MediaLoop Loop, SessionFactory Sessions)[] _loops;
    private readonly KnownRelays _relays = new();
    private readonly NodeOptions _options;
    private readonly Func<long> _clock;

    /// <param name="loops">The loops of the node.</param>
    /// <param name="certificate">The DTLS certificate of all sessions.</param>
    /// <param name="options">The configuration of the node.</param>
    /// <param name="clock">Monotonic time in 100 ns ticks.</param>
    /// <param name="tcpPort">The TCP port for media; null for none.</param>
    public RoomDirectory(IReadOnlyList<MediaLoop> loops, DtlsCertificate certificate, NodeOptions options, Func<long>? clock = null, int? tcpPort = null)
    {
        _options = options;
        _clock = clock ?? (() => MonotonicClock.NowTicks);
        _loops = [.. loops.Select(l => (l, new SessionFactory(l, certificate, options.AdvertisedAddresses, options.SilenceTimeout, tcpPort)))];
    }

    /// <summary>Whether the operator requested a drain. The operator can cancel it.</summary>
    public bool IsDrainRequested { get; set; }

    /// <summary>Whether the process is shutting down, independently of <see cref="IsDrainRequested"/>.</summary>
    public bool IsShuttingDown { get; set; }

    public bool IsDraining => IsDrainRequested || IsShuttingDown;

    /// <summary>The number of participants of meetings.</summary>
    public int ParticipantCount => OfMeetings.Sum(r => r.ParticipantCount);

    /// <summary>The same without those on loops that stand still, who get no media.</summary>
    public int ServedParticipantCount => OfMeetings.Sum(r => r.CountServed(_clock()));

    /// <summary>The hubs of all rooms.</summary>
    public IReadOnlyList<NodeRoom> Rooms => [.. All.Select(r => r.Hub)];

    /// <summary>The parts of all rooms.</summary>
    public IReadOnlyList<NodeRoom> Parts => [.. All.SelectMany(r => r.All)];

    /// <summary>Chooses the loop of a participant that joins a room.</summary>
    internal Func<string, PartLoad[], int> ChoosePart { get; set; } = static (_, loads) => PartChoice.Choose(loads);

    /// <summary>Time after which a part ends where nobody is.</summary>
    internal TimeSpan EmptyPartTime { get; set; } = TimeSpan.FromSeconds(30);

    private IReadOnlyList<RoomParts> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _rooms.Values.Select(p => p.Room)];
            }
        }
    }

    private IEnumerable<RoomParts> OfMeetings => All.Where(static room => RoomIds.IsOfMeeting(room.Id));

    /// <summary>Creates or updates the room. <c>Created</c> is true when the room is new.</summary>
    /// <param name="id">The room.</param>
    /// <param name="spec">What it is to be.</param>
    /// <param name="ct">Stops the wait.</param>
    /// <param name="beside">A room on whose loop a new one is created, if that room is here; null for the loop with the lowest load.</param>
    public async Task<(RoomReport Report, bool Created)> PutAsync(string id, RoomSpec spec, CancellationToken ct, string? beside = null)
    {
        if (spec.Generation < 0 || spec.MaxParticipants is < 1 or > 10_000)
        {
            throw ControlProblemException.InvalidRequest("generation must not be negative, and maxParticipants must be from 1 to 10000.");
        }

        if (spec.Tenant is { Length: 0 or > RoomSpec.MaxTenantLength })
        {
            throw ControlProblemException.InvalidRequest($"tenant must be a name with 1 to {RoomSpec.MaxTenantLength} characters.");
        }

        while (true)
        {
            var room = FindOrAdd(id, spec, beside, out var created);
            if (await room.ReportAsync(() => room.Hub.Update(spec), withParticipants: false, ct).ConfigureAwait(false) is { } report)
            {
                await room.EndDeniedPathsAsync(ct).ConfigureAwait(false);
                return (report, created);
            }

            Remove(room); // it has closed meanwhile; the next iteration creates a new one
        }
    }

    /// <summary>The revision of the relays that the node knows; empty before the operator has named any.</summary>
    public string RelaysRevision => _relays.Revision;

    /// <summary>Replaces the relays that the node knows. Sessions that use a path which their room denies with them end.</summary>
    public async Task ReplaceRelaysAsync(NodeRelays relays, CancellationToken ct)
    {
        _relays.Replace(relays);
        await Task.WhenAll(All.Select(room => room.EndDeniedPathsAsync(ct))).ConfigureAwait(false);
    }

    /// <summary>Runs <paramref name="work"/> on the loop of the room's hub.</summary>
    public Task<T> RunAsync<T>(string id, Func<NodeRoom, T> work, CancellationToken ct) => Require(id).RunAsync(work, ct);

    /// <summary>Runs <paramref name="work"/> on the part of a room where a participant is, or on the hub if it is on none.</summary>
    /// <param name="id">The room.</param>
    /// <param name="participant">The participant.</param>
    /// <param name="joins">The generation of a request that can add the participant, who then gets a part, which may be a new one; null for a request that cannot.</param>
    /// <param name="work">The work.</param>
    /// <param name="ct">Stops the wait.</param>
    public async Task<T> RunAsync<T>(string id, string participant, long? joins, Func<NodeRoom, T> work, CancellationToken ct) =>
        await Require(id).RunAsync(participant, joins, work, ct).ConfigureAwait(false);

    /// <inheritdoc cref="RoomParts.RemoveParticipantAsync"/>
    public async Task RemoveParticipantAsync(string id, string participant, long? generation, bool permanent, CancellationToken ct) =>
        await Require(id).RemoveParticipantAsync(participant, generation, permanent, ct).ConfigureAwait(false);

    /// <summary>Runs <paramref name="work"/> on each part of a room.</summary>
    public async Task RunOnAllAsync(string id, Action<NodeRoom> work, CancellationToken ct) => await Require(id).RunOnAllAsync(work, ct).ConfigureAwait(false);

    /// <inheritdoc cref="RoomParts.CatchUpAsync"/>
    public async Task CatchUpAsync(string id, string participant, long generation, CancellationToken ct) => await Require(id).CatchUpAsync(participant, generation, ct).ConfigureAwait(false);

    /// <summary>Reports about a room and each of its participants.</summary>
    public async Task<RoomReport> ReportAsync(string id, CancellationToken ct) =>
        await Require(id).ReportAsync(static () => { }, withParticipants: true, ct).ConfigureAwait(false) ?? throw ControlProblemException.UnknownRoom(id);

    /// <summary>Opens a reader of the events of a room.</summary>
    public async Task<(RoomEventHub Hub, RoomEventReader Reader)> OpenEventsAsync(string id, CancellationToken ct)
    {
        var room = Require(id);
        return (room.Hub.Events, await room.OpenEventsAsync(ct).ConfigureAwait(false));
    }

    /// <summary>Removes a room at once and returns when its sessions have ended.</summary>
    public async Task DeleteAsync(string id, long generation, string reason, CancellationToken ct, bool onlyIfEmpty = false)
    {
        if (Find(id) is not { } room)
        {
            return;
        }

        var closing = await room.Hub.Loop.RunAsync(
            () =>
            {
                room.Close(generation, reason, onlyIfEmpty);
                Remove(room);
                return room.Hub.Ended;
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

        await room.Hub.Loop.RunAsync(
            () =>
            {
                if (!room.Hub.IsClosed)
                {
                    room.Hub.DeleteLink(link, generation);
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
            ends = [.. _ending.Select(static room => room.Hub.Ended)];
        }

        foreach (var end in ends)
        {
            await end.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private RoomParts FindOrAdd(string id, RoomSpec spec, string? beside, out bool created)
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
            var loop = beside is null ? null : _rooms.GetValueOrDefault(beside).Room?.Hub.Loop;
            var hub = loop is null || loop.IsStuckAt(now) ? LoopChoice.Choose([.. _loops.Select(l => LoadOf(l.Loop, now))]) : Array.FindIndex(_loops, l => l.Loop == loop);
            var room = new RoomParts(new RoomShare(id, spec, admit) { EmptyTime = EmptyPartTime, Paths = new PathGuard(_relays, spec.Connectivity, spec.Tenant ?? $"room {id}") }, hub, _loops, _options.ParticipantTimeout, ChooseLoop, Remove);
            _rooms[id] = new PlacedRoom(room, now);
            return room;
        }
    }

    /// <summary>Throws when the rooms have as many participants as the node may have. Two loops that admit somebody at the same moment may exceed it by one.</summary>
    private void EnsurePlace()
    {
        lock (_lock)
        {
            if (_rooms.Values.Where(static p => RoomIds.IsOfMeeting(p.Room.Id)).Sum(static p => p.Room.ParticipantCount) >= _options.MaxParticipants)
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
            if (!RoomIds.IsOfCheck(placed.Room.Id) && placed.Room.All.Any(part => part.Loop == loop))
            {
                rooms++;
                newRooms += now - placed.PlacedTicks < LoopChoice.NewRoomTicks ? 1 : 0;
            }
        }

        return new LoopLoad(loop.Load, rooms, newRooms, loop.IsStuckAt(now));
    }

    private int ChooseLoop(string participant, RoomParts room)
    {
        var now = _clock();
        var loads = room.Loads(loop => loop.IsStuckAt(now));
        var other = RoomIds.IsOfSelfCall(room.Id) ? Array.FindIndex(loads, static load => !load.IsHub && !load.IsStuck) : -1;
        return other >= 0 ? other : ChoosePart(participant, loads);
    }

    private void Remove(RoomParts room)
    {
        lock (_lock)
        {
            if (_rooms.TryGetValue(room.Id, out var placed) && placed.Room == room)
            {
                _rooms.Remove(room.Id);
                _ending.RemoveAll(static ending => ending.Hub.Ended.IsCompleted);
                _ending.Add(room);
            }
        }
    }

    private RoomParts Require(string id) => Find(id) ?? throw ControlProblemException.UnknownRoom(id);

    private RoomParts? Find(string id)
    {
        lock (_lock)
        {
            return _rooms.GetValueOrDefault(id).Room;
        }
    }

    /// <param name="Room">The room.</param>
    /// <param name="PlacedTicks">When it was placed on its loop.</param>
    private readonly record struct PlacedRoom(RoomParts Room, long PlacedTicks);
}
