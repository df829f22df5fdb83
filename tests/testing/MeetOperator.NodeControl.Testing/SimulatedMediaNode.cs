using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace MeetOperator.NodeControl.Testing;

/// <summary>
/// A media node without media: a real HTTP server of NodeControl in this process that a test can fill, stress, hang, drain and kill.
/// </summary>
public sealed class SimulatedMediaNode : IAsyncDisposable
{
    private readonly Dictionary<string, SimulatedRoom> _rooms = new(StringComparer.Ordinal);
    private WebApplication? _server;
    private volatile TaskCompletionSource? _hang;

    private SimulatedMediaNode(string name, ControlCredentials credentials, DateTimeOffset startedAt)
    {
        Name = name;
        Credentials = credentials;
        StartedAt = startedAt;
    }

    /// <summary>Guards rooms and participants.</summary>
    internal Lock Gate { get; } = new();

    internal IDictionary<string, SimulatedRoom> RoomTable => _rooms;

    public string Name { get; }

    /// <summary>What the node serves with and whom it trusts; the operator may push others.</summary>
    public ControlCredentials Credentials { get; set; }

    /// <summary>Which authority's certificate each of the two callers showed last.</summary>
    public ConcurrentDictionary<ControlRole, string> Callers { get; } = new();

    /// <summary>The clock by which callers' certificates are judged.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Where the node listens, with a slash at the end.</summary>
    public Uri Address { get; private set; } = null!;
    public DateTimeOffset StartedAt { get; }
    public string InstanceId { get; set; } = Guid.NewGuid().ToString("N");
    public string Version { get; set; } = "simulated";

    /// <summary>Reported stress, 0 to 1.</summary>
    public double Stress { get; set; }
    public long EgressKbps { get; set; }
    public bool Draining { get; set; }

    /// <summary>Reported loops; empty as of a node that reports none.</summary>
    public IReadOnlyList<LoopReport> LoopReports { get; set; } = [];

    /// <summary>While true, what people send comes in and nothing goes out, and all else is answered as ever.</summary>
    public bool ForwardsNothing { get; set; }

    /// <summary>Highest term of the operator's leadership that a call carried; null before the first.</summary>
    public long? Term { get; set; }

    /// <summary>Calls that were refused because their term was over.</summary>
    public int StaleCalls { get; internal set; }

    /// <summary>Replaces the report: takes the term that a poll carries and returns the body to answer with. Null sends the usual report.</summary>
    public Func<long?, string?> ReportBody { get; set; } = static _ => null;

    /// <summary>While true, rooms are neither made nor ended, and the calls are not answered; all else is answered as ever.</summary>
    public bool HangsOnRooms { get; set; }

    /// <summary>While true, the operator's calls are not answered, as behind a broken route; everybody else's are.</summary>
    public bool IsSilentToOperator { get; set; }

    /// <summary>Readers of a room's events are answered after this, and hear nothing of what was before.</summary>
    public Task EventsAfter { get; set; } = Task.CompletedTask;

    /// <summary>Calls that <see cref="HangsOnRooms"/> has held so far.</summary>
    public int HeldRoomCalls => Volatile.Read(ref HeldCount);

    internal int HeldCount;

    /// <summary>Ends that were refused because somebody was in the room.</summary>
    public int RefusedEnds { get; internal set; }

    /// <summary>While true, no room is ended: the call is answered with an error.</summary>
    public bool RefusesToEnd { get; set; }

    /// <summary>While true, no participant is dropped: the call is answered with an error.</summary>
    public bool RefusesToDrop { get; set; }

    /// <summary>Calls that <see cref="RefusesToDrop"/> has refused.</summary>
    public int RefusedDrops { get; internal set; }

    /// <summary>The code with which rooms are refused, also ones that exist already; null while none is.</summary>
    public string? RefusesToMake { get; set; }

    /// <summary>Calls that <see cref="RefusesToMake"/> has refused.</summary>
    public int RefusedMakes { get; internal set; }

    /// <summary>Rooms beyond this number are refused with <c>full</c>.</summary>
    public int MaxRooms { get; set; } = int.MaxValue;

    /// <summary>Requests that were answered or refused so far, polls included.</summary>
    public long Requests => Interlocked.Read(ref RequestCount);

    internal long RequestCount;

    /// <summary>Listens on <paramref name="endpoint"/>, or on a free loopback port.</summary>
    public static async Task<SimulatedMediaNode> StartAsync(string name, NodeCredentials credentials, IPEndPoint? endpoint = null, CancellationToken ct = default)
    {
        var node = new SimulatedMediaNode(name, TestAuthority.Read(credentials), TimeProvider.System.GetUtcNow());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options => options.Listen(
            endpoint ?? new IPEndPoint(IPAddress.Loopback, 0),
            listen => listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(ControlTls.Server(node.Credentials)) })));
        var server = builder.Build();
        NodeEndpoints.Map(server, node);
        await server.StartAsync(ct).ConfigureAwait(false);
        node._server = server;
        node.Address = new Uri(server.Urls.First().TrimEnd('/') + "/");
        return node;
    }

    /// <summary>A client of this node, which calls as whoever <paramref name="http"/> shows.</summary>
    public NodeControlClient Client(HttpClient http) => new(http, Address, ControlCredentials.DnsNames(Credentials.Certificate)[0]);

    /// <summary>Names of the rooms with their generation and head count, as they are now.</summary>
    public IReadOnlyDictionary<string, RoomReport> Rooms()
    {
        lock (Gate)
        {
            return _rooms.ToDictionary(room => room.Key, room => room.Value.Report(detailed: true));
        }
    }

    /// <summary>A room that nobody asked for over NodeControl, as an operator before left it.</summary>
    public void AddRoom(string room, long generation)
    {
        lock (Gate)
        {
            _rooms[room] = new SimulatedRoom(room, new RoomSpec { Generation = generation });
        }
    }

    /// <summary>Claims that <paramref name="count"/> people are in the room, without a session each; the room must exist.</summary>
    public void SetParticipants(string room, int count)
    {
        lock (Gate)
        {
            _rooms[room].ClaimedParticipants = count;
        }
    }

    /// <summary>Lets a participant vanish as by a timeout.</summary>
    public void RemoveParticipant(string room, string participant, string reason = "timeout")
    {
        lock (Gate)
        {
            _rooms[room].Remove(participant, reason);
        }
    }

    /// <summary>Sends an event to every reader of the room.</summary>
    public void Emit(string room, RoomEvent roomEvent)
    {
        lock (Gate)
        {
            _rooms[room].Emit(roomEvent);
        }
    }

    /// <summary>Reads a room under the lock, for assertions on sessions, revisions and mutes.</summary>
    public T Read<T>(string room, Func<SimulatedRoom, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        lock (Gate)
        {
            return read(_rooms[room]);
        }
    }

    /// <summary>Takes connections and answers nothing until <see cref="Resume"/>.</summary>
    public void Hang() => _hang ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume()
    {
        _hang?.TrySetResult();
        _hang = null;
    }

    /// <summary>Forgets all rooms under a new instance id, as a process that was restarted within one poll interval.</summary>
    public void Forget()
    {
        lock (Gate)
        {
            foreach (var room in _rooms.Values)
            {
                room.End("restart");
            }

            _rooms.Clear();
            Term = null;
            InstanceId = Guid.NewGuid().ToString("N");
        }
    }

    internal Task WaitWhileHanging(CancellationToken ct) => _hang?.Task.WaitAsync(ct) ?? Task.CompletedTask;

    /// <summary>Stops listening and breaks every connection, as a killed process does.</summary>
    public async Task DieAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server)
        {
            return;
        }

        Resume();
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await server.StopAsync(now.Token).ConfigureAwait(false);
        await server.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await DieAsync().ConfigureAwait(false);
}
