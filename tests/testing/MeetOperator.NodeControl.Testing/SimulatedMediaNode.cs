using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace MeetOperator.NodeControl.Testing;

/// <summary>
/// A media node without media: a real NodeControl server over HTTPS in this process. A test can fill, load, hang, drain and kill it.
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

    /// <summary>The node's certificate and the authorities that it trusts. The operator may push others.</summary>
    public ControlCredentials Credentials { get; set; }

    /// <summary>The issuer of the certificate that each role presented last.</summary>
    public ConcurrentDictionary<ControlRole, string> Callers { get; } = new();

    /// <summary>The clock for the validity of callers' certificates.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>The address that the node listens on, with a trailing slash.</summary>
    public Uri Address { get; private set; } = null!;
    public DateTimeOffset StartedAt { get; }
    public string InstanceId { get; set; } = Guid.NewGuid().ToString("N");
    public string Version { get; set; } = "simulated";

    /// <summary>Reported stress, 0 to 1.</summary>
    public double Stress { get; set; }
    public long EgressKbps { get; set; }
    public bool Draining { get; set; }

    /// <summary>Reported loops. Empty by default, as in reports of older media nodes.</summary>
    public IReadOnlyList<LoopReport> LoopReports { get; set; } = [];

    /// <summary>While true, reports show received packets and no forwarded ones. Calls are answered normally.</summary>
    public bool ForwardsNothing { get; set; }

    /// <summary>Highest operator term seen; null before the first.</summary>
    public long? Term { get; set; }

    /// <summary>Number of calls rejected with <c>stale-term</c>.</summary>
    public int StaleCalls { get; internal set; }

    /// <summary>Replaces the report: gets the term of the poll and returns the response body. Null sends the normal report.</summary>
    public Func<long?, string?> ReportBody { get; set; } = static _ => null;

    /// <summary>While true, calls that create or end rooms hang. Other calls are answered normally.</summary>
    public bool HangsOnRooms { get; set; }

    /// <summary>While true, calls of the operator hang, as behind a broken route. Calls of others are answered.</summary>
    public bool IsSilentToOperator { get; set; }

    /// <summary>Readers of a room's events get their response after this task, without earlier events.</summary>
    public Task EventsAfter { get; set; } = Task.CompletedTask;

    /// <summary>Number of calls that hang because of <see cref="HangsOnRooms"/>.</summary>
    public int HeldRoomCalls => Volatile.Read(ref HeldCount);

    internal int HeldCount;

    /// <summary>Number of calls to end a room rejected with <c>not-empty</c>.</summary>
    public int RefusedEnds { get; internal set; }

    /// <summary>While true, calls to end a room get an error.</summary>
    public bool RefusesToEnd { get; set; }

    /// <summary>While true, calls to remove a participant get an error.</summary>
    public bool RefusesToDrop { get; set; }

    /// <summary>Number of calls rejected because of <see cref="RefusesToDrop"/>.</summary>
    public int RefusedDrops { get; internal set; }

    /// <summary>The code with which every <c>PUT</c> of a room is rejected, also of an existing one; null rejects none.</summary>
    public string? RefusesToMake { get; set; }

    /// <summary>Number of calls rejected because of <see cref="RefusesToMake"/>.</summary>
    public int RefusedMakes { get; internal set; }

    /// <summary>Rooms beyond this number are rejected with <c>full</c>.</summary>
    public int MaxRooms { get; set; } = int.MaxValue;

    /// <summary>Number of <c>/v1</c> requests so far, including polls and rejected ones.</summary>
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

    /// <summary>A client for this node. The certificate of <paramref name="http"/> decides the role.</summary>
    public NodeControlClient Client(HttpClient http) => new(http, Address, ControlCredentials.DnsNames(Credentials.Certificate)[0]);

    /// <summary>Reports of all rooms by room ID, as they are now.</summary>
    public IReadOnlyDictionary<string, RoomReport> Rooms()
    {
        lock (Gate)
        {
            return _rooms.ToDictionary(room => room.Key, room => room.Value.Report(detailed: true));
        }
    }

    /// <summary>Adds a room without a NodeControl call, as a former operator may have left it.</summary>
    public void AddRoom(string room, long generation)
    {
        lock (Gate)
        {
            _rooms[room] = new SimulatedRoom(room, new RoomSpec { Generation = generation });
        }
    }

    /// <summary>Reports <paramref name="count"/> participants in the room, without sessions. The room must exist.</summary>
    public void SetParticipants(string room, int count)
    {
        lock (Gate)
        {
            _rooms[room].ClaimedParticipants = count;
        }
    }

    /// <summary>Removes a participant, as after a timeout.</summary>
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

    /// <summary>Accepts connections and answers nothing until <see cref="Resume"/>.</summary>
    public void Hang() => _hang ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume()
    {
        _hang?.TrySetResult();
        _hang = null;
    }

    /// <summary>Removes all rooms and takes a new instance ID, as a process that restarted within one poll interval.</summary>
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

    /// <summary>Stops listening and breaks every connection, as when the process is killed.</summary>
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
