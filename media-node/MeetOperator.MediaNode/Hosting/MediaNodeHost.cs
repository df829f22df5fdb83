using System.ComponentModel;
using System.Net;
using System.Reflection;
using MeetOperator.MediaNode.Checks;
using MeetOperator.MediaNode.Credentials;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Health;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Settings;
using MeetOperator.MediaNode.Statistics;
using MeetOperator.MediaNode.Streams;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tunnels;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>A running media node with its loops and rooms. The control API calls it; tests run it in-process.</summary>
internal sealed partial class MediaNodeHost : IDisposable
{
    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate();
    private readonly MediaLoop[] _loops;
    private readonly LoopProbes[] _probes;
    private readonly StreamGate? _gate;
    private readonly SelfProbe _selfProbe;
    private readonly FigureCollector _figures;
    private readonly ILogger _logger;
    private readonly string _instanceId = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _startedAt;

    public MediaNodeHost(NodeOptions options, ILoggerFactory loggers, TimeProvider clock)
    {
        Options = options;
        Clock = clock;
        Terms = new TermFence(clock);
        Credentials = options.Credentials is { } initial ? new ControlCredentialStore(initial, clock) : null;
        _logger = loggers.CreateLogger<MediaNodeHost>();
        _startedAt = clock.GetUtcNow();
        var loops = new List<MediaLoop>();
        try
        {
            foreach (var port in options.UdpPorts)
            {
                loops.Add(new MediaLoop(options.BindAddresses, port, options.SocketBufferBytes, loggers.CreateLogger<MediaLoop>()) { Responder = new BindingResponder(options.UdpPorts.Count + 1) });
            }
        }
        catch
        {
            loops.ForEach(l => l.Dispose());
            throw;
        }

        _loops = [.. loops];
        _gate = OpenGate();
        Rooms = new RoomDirectory(_loops, _certificate, options, tcpPort: _gate?.Port);
        Sdp = new SdpExchange(Rooms);
        Tunnels = new TunnelEndpoint(Rooms, clock);
        Checks = new NetworkChecks(Rooms, _loops, clock);
        foreach (var loop in _loops)
        {
            loop.Streams.Tunnels = Tunnels.Counters;
            loop.Start();
        }

        _figures = new FigureCollector(_loops, Rooms);
        List<IPAddress> own = [.. options.BindAddresses.Select(BindAddress.Reachable)];
        _probes = [.. _loops.Select(l => new LoopProbes(l, own, options.AdvertisedAddresses))];
        _selfProbe = new SelfProbe(_probes, clock);
    }

    public static string Version { get; } =
        typeof(MediaNodeHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public NodeOptions Options { get; }

    public RoomDirectory Rooms { get; }

    public SdpExchange Sdp { get; }

    public TunnelEndpoint Tunnels { get; }

    public NetworkChecks Checks { get; }

    public TimeProvider Clock { get; }

    /// <summary>The operator terms of the requests so far.</summary>
    public TermFence Terms { get; }

    /// <summary>Null only when the process serves no control API.</summary>
    public ControlCredentialStore? Credentials { get; }

    public IReadOnlyList<MediaLoop> Loops => _loops;

    /// <summary>The TCP port for media; null for none, also when it cannot be bound.</summary>
    public int? TcpPort => _gate?.Port;

    public StreamCounters Streams { get; } = new();

    private readonly SemaphoreSlim _call = new(1, 1);

    /// <summary>Whether the warm-up is over.</summary>
    public bool IsReady { get; set; }

    public NodeState State => Rooms.IsDraining ? NodeState.Draining : IsReady ? NodeState.Ready : NodeState.Starting;

    /// <summary>Makes the warm-up call and sets <see cref="IsReady"/>. A failed call is logged and does not prevent that.</summary>
    public async Task WarmUpAsync(CancellationToken ct)
    {
        try
        {
            var (received, moved) = await SelfCall.RunAsync(this, ct).ConfigureAwait(false);
            if (!received)
            {
                LogSelfCallFailed(_logger);
            }
            else if (!moved)
            {
                LogSelfMoveFailed(_logger);
            }
        }
        catch (Exception e) when (e is OperationCanceledException || (e is ControlProblemException && Rooms.IsShuttingDown))
        {
            // The node shuts down before it is ready.
            return;
        }
        catch (ControlProblemException)
        {
            LogSelfCallFailed(_logger); // for example because the operator has begun to drain the node
        }

        IsReady = true;
        if (Options.UnservedAddresses.Count > 0)
        {
            LogUnservedAddresses(_logger, string.Join(", ", Options.UnservedAddresses));
        }

        LogReady(_logger, Options.Name, string.Join(", ", _loops.Select(l => l.Port)), string.Join(", ", Options.AdvertisedAddresses));
    }

    /// <summary>Makes a test call, after an earlier one has ended.</summary>
    public async Task<CallReport> CallAsync(CancellationToken ct)
    {
        if (!IsReady)
        {
            return new CallReport { Problem = "the media node is not ready" };
        }

        await _call.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            return await TestCall.RunAsync(this, ct).ConfigureAwait(false);
        }
        finally
        {
            _call.Release();
        }
    }

    /// <summary>Creates the node's report. Returns within a bounded time even when a loop is stuck.</summary>
    public async Task<(NodeReport Report, IReadOnlyList<LoopStatistics> Loops)> ReportAsync(CancellationToken ct)
    {
        var figures = await _figures.CollectAsync(ct).ConfigureAwait(false);
        List<RoomReport> rooms = [.. RoomReports.Merge(figures.SelectMany(s => s.Rooms).Where(room => RoomIds.IsOfMeeting(room.Room)))];
        var report = new NodeReport
        {
            Node = Options.Name,
            Version = Version,
            InstanceId = _instanceId,
            State = State,
            Term = Terms.Highest,
            Credentials = Credentials is { } store ? CredentialReport.Of(store.Current) : null,
            StartedAt = _startedAt,
            Loops = _loops.Length,
            MediaAddresses = [.. Options.BindAddresses.Select(address => address.ToString())],
            CanLink = true,
            CanLimitLinks = true,
            AnswersBindings = true,
            RelaysRevision = Rooms.RelaysRevision,
            LoopReports = [.. figures.Select((s, i) => Report(i, s.Statistics))],
            Participants = rooms.Sum(r => r.Participants),
            UpTracks = rooms.Sum(r => r.UpTracks),
            DownTracks = rooms.Sum(r => r.DownTracks),
            Connections = figures.Sum(s => s.Statistics.Connections),
            FailedConnections = figures.Sum(s => s.Statistics.FailedConnections),
            EgressKbps = figures.Sum(s => s.Statistics.EgressBitsPerSecond) / 1000,
            Stress = Math.Round(figures.Max(s => s.Statistics.Busy), 3),
            ForwardedPackets = figures.Sum(s => s.ForwardedPackets),
            Rooms = rooms,
        };
        return (report, [.. figures.Select(s => s.Statistics)]);
    }

    /// <summary>Stops accepting new rooms.</summary>
    public void BeginShutdown()
    {
        Rooms.IsShuttingDown = true;
        LogShuttingDown(_logger, Rooms.ParticipantCount, Options.ShutdownTimeout.TotalSeconds);
    }

    /// <summary>
    /// Ends every room, so that the event streams send <paramref name="reason"/>, and waits for the rooms that end for another reason. A room on a loop that stands still does not delay others.
    /// </summary>
    public async Task EndRoomsAsync(string reason, CancellationToken ct)
    {
        Rooms.IsShuttingDown = true;
        await Task.WhenAll(Rooms.Rooms.Select(room => Rooms.DeleteAsync(room.Id, long.MaxValue, reason, ct))).ConfigureAwait(false);
        await Rooms.WaitForEndsAsync(ct).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Checks.Dispose();
        _call.Dispose();
        _selfProbe.Dispose();
        _gate?.Dispose();
        if (LoopShutdown.Run(_loops, _logger))
        {
            _certificate.Dispose();
        }
    }

    /// <summary>Opens the TCP port. Without it, the node serves the clients that can use UDP.</summary>
    private StreamGate? OpenGate()
    {
        if (Options.TcpPort is not { } port)
        {
            return null;
        }

        var sessions = new UfragDirectory();
        foreach (var loop in _loops)
        {
            loop.Peers.Published = new LoopUfrags(sessions, loop);
            loop.Streams.Counters = Streams;
        }

        try
        {
            return new StreamGate(Options.BindAddresses, port, sessions, Streams, new StreamPlaces(Options.MaxTcpConnections, Options.MaxTcpConnectionsOfAddress), new BindingResponder(Options.UdpPorts.Count + 1), _logger);
        }
        catch (Win32Exception e)
        {
            LogNoTcp(_logger, port, e.Message);
            return null;
        }
    }

    private LoopReport Report(int index, LoopStatistics statistics)
    {
        var now = MonotonicClock.NowTicks;
        return new LoopReport
        {
            Port = statistics.Port,
            TickAgeMs = Math.Max(0, now - _loops[index].LastTurnTicks) / TimeSpan.TicksPerMillisecond,
            ProbeAgeMs = _probes[index].SocketAgeMs(now),
            Paths = _probes[index].Paths(now),
            PacketsIn = statistics.ReceivedDatagrams,
            PacketsOut = statistics.SentDatagrams,
            PacketsRefused = statistics.DiscardedDatagrams,
            PacketsLost = statistics.KernelDrops,
            Busy = Math.Round(statistics.Busy, 3),
            LongestPauseMs = statistics.LongestPauseTicks / (double)TimeSpan.TicksPerMillisecond,
            LongestCommandMs = statistics.LongestCommandTicks / (double)TimeSpan.TicksPerMillisecond,
            ConnectedSessions = IsReady ? statistics.ConnectedSessions : 0, // until then there is only the warm-up call
            SilentSessions = IsReady ? statistics.SilentSessions : 0,
        };
    }
}
