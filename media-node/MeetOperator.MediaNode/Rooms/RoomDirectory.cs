using System.Net;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Settings;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Dtls;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The rooms of the node and their loops. Safe for concurrent use; a room itself is accessed only on its loop.</summary>
internal sealed class RoomDirectory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, NodeRoom> _rooms = new(StringComparer.Ordinal);
    private readonly (MediaLoop Loop, SessionFactory Sessions)[] _loops;
    private readonly NodeOptions _options;

    public RoomDirectory(IReadOnlyList<MediaLoop> loops, DtlsCertificate certificate, NodeOptions options)
    {
        _options = options;
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
                return [.. _rooms.Values];
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
            var report = await room.Loop.RunAsync(
                () =>
                {
                    if (room.IsClosed)
                    {
                        Remove(room);
                        return null;
                    }

                    room.Update(spec);
                    return room.Report(withParticipants: false);
                },
                ct).ConfigureAwait(false);
            if (report is not null)
            {
                return (report, created);
            }

            // The room was closed between the two steps; the next iteration creates a new one.
        }
    }

    /// <summary>Runs <paramref name="work"/> on the room's loop.</summary>
    public async Task<T> RunAsync<T>(string id, Func<NodeRoom, T> work, CancellationToken ct)
    {
        var room = Find(id) ?? throw ControlProblemException.UnknownRoom(id);
        return await room.Loop.RunAsync(() => room.IsClosed ? throw ControlProblemException.UnknownRoom(id) : work(room), ct).ConfigureAwait(false);
    }

    public async Task DeleteAsync(string id, long generation, string reason, CancellationToken ct, bool onlyIfEmpty = false)
    {
        if (Find(id) is not { } room)
        {
            return;
        }

        await room.Loop.RunAsync(
            () =>
            {
                if (onlyIfEmpty && room.ParticipantCount > 0)
                {
                    throw ControlProblemException.NotEmpty(room.ParticipantCount);
                }

                room.Fence(generation);
                room.Close(reason);
                Remove(room);
                return true;
            },
            ct).ConfigureAwait(false);
    }

    private NodeRoom FindOrAdd(string id, RoomSpec spec, out bool created)
    {
        lock (_lock)
        {
            created = !_rooms.TryGetValue(id, out var room);
            if (room is not null)
            {
                return room;
            }

            if (IsDraining)
            {
                throw new ControlProblemException(HttpStatusCode.ServiceUnavailable, "draining", "This node is draining and accepts no new rooms.");
            }

            if (_rooms.Values.Sum(r => r.ParticipantCount) >= _options.MaxParticipants)
            {
                throw new ControlProblemException(HttpStatusCode.ServiceUnavailable, "full", $"This node has reached its limit of {_options.MaxParticipants} participants.");
            }

            var (loop, sessions) = _loops.MinBy(l => l.Loop.RoomCount);
            loop.RoomCount++;
            return _rooms[id] = new NodeRoom(id, spec, loop, sessions, _options.ParticipantTimeout, Remove);
        }
    }

    private void Remove(NodeRoom room)
    {
        lock (_lock)
        {
            if (_rooms.TryGetValue(room.Id, out var existing) && existing == room)
            {
                _rooms.Remove(room.Id);
                room.Loop.RoomCount--;
            }
        }
    }

    private NodeRoom? Find(string id)
    {
        lock (_lock)
        {
            return _rooms.GetValueOrDefault(id);
        }
    }
}
