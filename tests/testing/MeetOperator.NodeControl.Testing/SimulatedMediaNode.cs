using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using MeetOperator.NodeControl.Links;
using MeetOperator.NodeControl.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace MeetOperator.NodeControl.Testing;

/// <summary>
/// A simulated media node: a real NodeControl server in this process, without media. Tests control its rooms, load, failures and lifetime.
/// </summary>
public sealed class SimulatedMediaNode : IAsyncDisposable
{
    /// <summary>All running nodes of this process by <see cref="MediaAddress"/>. Links find their other end here.</summary>
    private static readonly ConcurrentDictionary<string, SimulatedMediaNode> Running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedRoom> _rooms = new(StringComparer.Ordinal);
    private WebApplication? _server;
    private volatile TaskCompletionSource? _hang;

    private SimulatedMediaNode(string name, ControlCredentials credentials, DateTimeOffset startedAt)
    {
        Name = name;
        Credentials = credentials;
        StartedAt = startedAt;
    }

    /// <summary>Lock for rooms and participants.</summary>
    internal Lock Gate { get; } = new();

    internal IDictionary<string, SimulatedRoom> RoomTable => _rooms;

    internal Dictionary<string, NetworkCheckSpec> CheckTable { get; } = new(StringComparer.Ordinal);

    internal ConcurrentDictionary<(string Room, string Link), SimulatedLink> LinkTable { get; } = new();

    public string Name { get; }

    /// <summary>The server certificate and trusted authorities. The operator can replace them.</summary>
    public ControlCredentials Credentials { get; set; }

    /// <summary>The issuer of the last client certificate of each role.</summary>
    public ConcurrentDictionary<ControlRole, string> Callers { get; } = new();

    /// <summary>The clock for the validity period of client certificates.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>The node's base URL, with a trailing slash.</summary>
    public Uri Address { get; private set; } = null!;
    public DateTimeOffset StartedAt { get; }
    public string InstanceId { get; set; } = Guid.NewGuid().ToString("N");
    public string Version { get; set; } = "simulated";

    /// <summary>Reported stress, 0 to 1.</summary>
    public double Stress { get; set; }
    public long EgressKbps { get; set; }
    public bool Draining { get; set; }

    /// <summary>Whether the report says that the warm-up is not over.</summary>
    public bool IsStarting { get; set; }

    /// <summary>The loops in the report. Empty by default, as in the report of a version without this field.</summary>
    public IReadOnlyList<LoopReport> LoopReports { get; set; } = [];

    /// <summary>When true, the report shows incoming packets but no forwarded ones. All requests still succeed.</summary>
    public bool ForwardsNothing { get; set; }

    /// <summary>The result of test calls; null for a node of an earlier version, which answers 404.</summary>
    public CallReport? Call { get; set; } = new() { FirstFrameMs = 120 };

    /// <summary>Number of test calls so far.</summary>
    public int Calls => Volatile.Read(ref CallCount);

    internal int CallCount;

    /// <summary>Reported connections of participants, including failed ones, and the failed ones; null as in reports of earlier versions.</summary>
    public (long All, long Failed)? Connections { get; set; } = (0, 0);

    /// <summary>The highest operator term of all requests, or null when none has carried a term.</summary>
    public long? Term { get; set; }

    /// <summary>Number of requests that were rejected because of an outdated term.</summary>
    public int StaleCalls { get; internal set; }

    /// <summary>Replaces the report. The argument is the term of the poll, and the result is the response body, or null for the normal report.</summary>
    public Func<long?, string?> ReportBody { get; set; } = static _ => null;

    /// <summary>When true, requests that create or delete rooms hang and have no effect. Other requests succeed.</summary>
    public bool HangsOnRooms { get; set; }

    /// <summary>When true, requests of the operator hang, as if its route to the node were broken. Requests of others succeed.</summary>
    public bool IsSilentToOperator { get; set; }

    /// <summary>Event streams open after this task completes, and do not contain earlier events.</summary>
    public Task EventsAfter { get; set; } = Task.CompletedTask;

    /// <summary>Runs between reading and processing a request to publish. The node processes the request even if the caller has given up by then.</summary>
    public Func<Task> BeforePublish { get; set; } = static () => Task.CompletedTask;

    /// <summary>The same for a request about a view.</summary>
    public Func<Task> BeforeView { get; set; } = static () => Task.CompletedTask;

    /// <summary>Number of requests that hang or hung because of <see cref="HangsOnRooms"/>.</summary>
    public int HeldRoomCalls => Volatile.Read(ref HeldCount);

    internal int HeldCount;

    /// <summary>Number of requests that hang now because of <see cref="HangsOnRooms"/>. It falls when the caller gives up.</summary>
    public int HoldingRoomCalls => Volatile.Read(ref HoldingCount);

    internal int HoldingCount;

    /// <summary>Number of requests so far to create or change a room, including those that hang.</summary>
    public int RoomPuts => Volatile.Read(ref RoomPutCount);

    internal int RoomPutCount;

    /// <summary>Number of delete requests that were rejected because the room had participants.</summary>
    public int RejectedEnds { get; internal set; }

    /// <summary>When true, requests to delete a room fail.</summary>
    public bool RejectsRoomEnds { get; set; }

    /// <summary>When true, requests to delete a participant fail.</summary>
    public bool RejectsRemovals { get; set; }

    /// <summary>Number of requests that failed because of <see cref="RejectsRemovals"/>.</summary>
    public int RejectedDrops { get; internal set; }

    /// <summary>When not null, requests to create or update a room fail with this problem code.</summary>
    public string? RoomCreationError { get; set; }

    /// <summary>False for a node of an earlier version, which answers requests about views with 404 and no problem document.</summary>
    public bool KnowsViews { get; set; } = true;

    /// <summary>False for a node of a version without network checks.</summary>
    public bool KnowsChecks { get; set; } = true;

    /// <summary>The number of network checks from which on the node refuses others.</summary>
    public int MaxChecks { get; set; } = 8;

    /// <summary>The network checks that are open.</summary>
    public IReadOnlyCollection<NetworkCheckSpec> Checks
    {
        get
        {
            lock (Gate)
            {
                return [.. CheckTable.Values];
            }
        }
    }

    /// <summary>When true, confirmations of slots fail.</summary>
    public bool RejectsConfirmations { get; set; }

    /// <summary>Number of requests that failed because of <see cref="RejectsConfirmations"/>.</summary>
    public int RejectedConfirmations { get; internal set; }

    /// <summary>Serves the tunnels. Without a change, a tunnel sends back what it gets.</summary>
    public Func<WebSocket, Task> ServeTunnel { get; set; } = EchoAsync;

    /// <summary>When not null, requests to open a tunnel fail with this status, whatever session they name.</summary>
    public int? TunnelError { get; set; }

    /// <summary>When true, requests for sessions on tunnels fail.</summary>
    public bool DeniesTunnels { get; set; }

    /// <summary>False for a node of an earlier version, which does not read the field <c>e2ee</c> of a room.</summary>
    public bool KnowsE2ee { get; set; } = true;

    /// <summary>False for a node of an earlier version, which does not read the field <c>connectivity</c> of a room, and answers 404 when relays are named.</summary>
    public bool KnowsConnectivity { get; set; } = true;

    /// <summary>The relays that were named last; null before.</summary>
    public NodeRelays? Relays { get; set; }

    /// <summary>Number of requests about views while <see cref="KnowsViews"/> is false.</summary>
    public int RejectedViews { get; internal set; }

    /// <summary>Number of requests that failed because of <see cref="RoomCreationError"/>.</summary>
    public int RejectedMakes { get; internal set; }

    /// <summary>Number of rooms above which new rooms are rejected with <c>full</c>.</summary>
    public int MaxRooms { get; set; } = int.MaxValue;

    /// <summary>Number of participants in a room above which others are rejected with <c>room-full</c>.</summary>
    public int MaxParticipants { get; set; } = int.MaxValue;

    /// <summary>When false, requests about links are answered with 404 and no problem document, as by an earlier version.</summary>
    public bool KnowsLinks { get; set; } = true;

    /// <summary>Whether the report says that the node can link rooms. Meetings move to and from other nodes in one step.</summary>
    public bool AnnouncesLinks { get; set; }

    /// <summary>Whether the node keeps links within a limit. Those of earlier versions do not.</summary>
    public bool LimitsLinks { get; set; } = true;

    /// <summary>Whether the report says that the media ports answer STUN binding requests. The simulated node has none; a test may listen there.</summary>
    public bool AnswersBindings { get; set; }

    /// <summary>The reported addresses of media sockets. By default, the address of the node alone.</summary>
    public IReadOnlyList<string> MediaAddresses { get; set; } = [];

    /// <summary>IP address and simulated UDP port of the media, by which other nodes reach this one.</summary>
    public string MediaAddress => Address.Authority;

    /// <summary>Number of requests about links to lose before they take effect.</summary>
    public int LostLinkRequests { get; set; }

    /// <summary>Number of responses about links to lose after the request took effect.</summary>
    public int LostLinkResponses { get; set; }

    /// <summary>Number of requests so far to open or change a link, including rejected and lost ones.</summary>
    public int LinkPuts => Volatile.Read(ref LinkPutCount);

    internal int LinkPutCount;

    /// <summary>Number of requests so far to close a link.</summary>
    public int LinkDeletes => Volatile.Read(ref LinkDeleteCount);

    internal int LinkDeleteCount;

    /// <summary>Number of requests so far, including polls and rejected requests.</summary>
    public long Requests => Interlocked.Read(ref RequestCount);

    internal long RequestCount;

    /// <summary>Number of requests to publish so far, including those that hang.</summary>
    public long PublishRequests => Interlocked.Read(ref PublishCount);

    internal long PublishCount;

    /// <summary>Starts a node that listens on <paramref name="endpoint"/>, or on a free loopback port.</summary>
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
        server.UseWebSockets();
        NodeEndpoints.Map(server, node);
        await server.StartAsync(ct).ConfigureAwait(false);
        node._server = server;
        node.Address = new Uri(server.Urls.First().TrimEnd('/') + "/");
        node.MediaAddresses = [node.Address.Host.Trim('[', ']')];
        Running[node.MediaAddress] = node;
        return node;
    }

    /// <summary>Creates a client of this node with the client certificate of <paramref name="http"/>.</summary>
    public NodeControlClient Client(HttpClient http) => new(http, Address, ControlCredentials.DnsNames(Credentials.Certificate)[0]);

    /// <summary>The current reports of the rooms by room ID.</summary>
    public IReadOnlyDictionary<string, RoomReport> Rooms()
    {
        lock (Gate)
        {
            return _rooms.ToDictionary(room => room.Key, room => Report(room.Value, detailed: true));
        }
    }

    /// <summary>The links of a room by link ID, with their secrets.</summary>
    public IReadOnlyDictionary<string, LinkSpec> Links(string room) =>
        LinkTable.Where(link => link.Key.Room == room).ToDictionary(link => link.Key.Link, link => link.Value.Spec, StringComparer.Ordinal);

    /// <summary>The links of all rooms, with their secrets.</summary>
    public IReadOnlyCollection<LinkSpec> AllLinks => [.. LinkTable.Values.Select(link => link.Spec)];

    /// <summary>Closes the links of a room without a request.</summary>
    public void ForgetLinks(string room)
    {
        foreach (var key in LinkTable.Keys.Where(key => key.Room == room))
        {
            LinkTable.TryRemove(key, out _);
        }
    }

    /// <summary>Interrupts the links of a room, or lets them work again.</summary>
    public void CutLinks(string room, bool cut = true)
    {
        foreach (var (_, link) in LinkTable.Where(link => link.Key.Room == room))
        {
            link.IsCut = cut;
        }
    }

    /// <summary>Adds a room without a NodeControl request, as if a previous operator had created it.</summary>
    public void AddRoom(string room, long generation)
    {
        lock (Gate)
        {
            _rooms[room] = new SimulatedRoom(this, room, new RoomSpec { Generation = generation });
        }
    }

    /// <summary>Sets the number of simulated participants without sessions. The room must exist.</summary>
    public void SetParticipants(string room, int count)
    {
        lock (Gate)
        {
            _rooms[room].ClaimedParticipants = count;
        }
    }

    /// <summary>Removes a participant as a timeout does.</summary>
    public void RemoveParticipant(string room, string participant, string reason = "timeout")
    {
        lock (Gate)
        {
            _rooms[room].Remove(participant, reason);
        }
    }

    /// <summary>Ends a participant's subscribe session without an event, as when its client has moved to another node.</summary>
    public void EndSubscribeSession(string room, string participant)
    {
        lock (Gate)
        {
            _rooms[room].Participants[participant].SubscribeSession = null;
        }
    }

    /// <summary>Adds tracks of a participant that no client published here, as if they came from another node.</summary>
    public void AddTracks(string room, string participant, string sdp)
    {
        lock (Gate)
        {
            var known = _rooms[room];
            known.Publish(known.Touch(participant), new SdpOffer { Generation = known.Spec.Generation, Sdp = sdp });
        }
    }

    /// <summary>Ends a session as when its client closes the connection: <paramref name="kind"/> is <c>publish</c> or <c>subscribe</c>.</summary>
    public void CloseSession(string room, string participant, string kind, string state = "closed")
    {
        lock (Gate)
        {
            var known = _rooms[room].Participants[participant];
            var session = kind == "publish" ? known.PublishSession : known.SubscribeSession;
            known.PublishSession = kind == "publish" ? null : known.PublishSession;
            known.SubscribeSession = kind == "publish" ? known.SubscribeSession : null;
            _rooms[room].EmitToFirstReader(new RoomEvent { Type = RoomEventTypes.SessionState, ParticipantId = participant, SessionId = session, Kind = kind, State = state });
        }
    }

    /// <summary>Sends an event to every reader of the room. If nobody reads the events yet, the first reader gets it after the present state.</summary>
    public void Emit(string room, RoomEvent roomEvent)
    {
        lock (Gate)
        {
            _rooms[room].EmitToFirstReader(roomEvent);
        }
    }

    /// <summary>Reports what a participant's line takes, or that it is no longer known.</summary>
    public void ReportLine(string room, string participant, int? kbps)
    {
        lock (Gate)
        {
            _rooms[room].Participants[participant].LineKbps = kbps;
            _rooms[room].Emit(SimulatedRoom.LinesEvent([_rooms[room].Participants[participant]]));
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

    /// <summary>Accepts connections but does not respond until <see cref="Resume"/>.</summary>
    public void Hang() => _hang ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume()
    {
        _hang?.TrySetResult();
        _hang = null;
    }

    /// <summary>Removes all rooms and changes the instance ID, as a restart of the process within one poll interval does.</summary>
    public void Forget()
    {
        lock (Gate)
        {
            foreach (var room in _rooms.Values)
            {
                room.End("restart");
            }

            _rooms.Clear();
            LinkTable.Clear();
            Term = null;
            InstanceId = Guid.NewGuid().ToString("N");
        }
    }

    internal static SimulatedMediaNode? AtMediaAddress(string address) => Running.GetValueOrDefault(address);

    internal RoomReport Report(SimulatedRoom room, bool detailed) => room.Report(detailed) with
    {
        Port = Address.Port,
        Links = [.. LinkTable.Where(link => link.Key.Room == room.Id).OrderBy(link => link.Key.Link, StringComparer.Ordinal).Select(link => link.Value.Report())],
    };

    /// <summary>Removes a room and closes its links.</summary>
    internal void RemoveRoom(string room)
    {
        _rooms.Remove(room);
        ForgetLinks(room);
    }

    internal Task WaitWhileHanging(CancellationToken ct) => _hang?.Task.WaitAsync(ct) ?? Task.CompletedTask;

    /// <summary>Closes the listener and aborts all connections, as killing the process does.</summary>
    public async Task DieAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server)
        {
            return;
        }

        Resume();
        Running.TryRemove(MediaAddress, out _);
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await server.StopAsync(now.Token).ConfigureAwait(false);
        await server.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await DieAsync().ConfigureAwait(false);

    private static async Task EchoAsync(WebSocket tunnel)
    {
        var buffer = new byte[64 * 1024];
        while (await tunnel.ReceiveAsync(buffer.AsMemory(), default).ConfigureAwait(false) is { MessageType: not WebSocketMessageType.Close } received)
        {
            await tunnel.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, default).ConfigureAwait(false);
        }
    }
}
