using System.Reflection;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.WarmUp;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Dtls;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>A running media node: its loops and rooms. The control API speaks to it; tests start it in their own process.</summary>
internal sealed partial class MediaNodeHost : IDisposable
{
    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate();
    private readonly MediaLoop[] _loops;
    private readonly ILogger _logger;
    private readonly string _instanceId = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _startedAt;

    public MediaNodeHost(NodeOptions options, ILoggerFactory loggers, TimeProvider clock)
    {
        Options = options;
        _logger = loggers.CreateLogger<MediaNodeHost>();
        _startedAt = clock.GetUtcNow();
        var loops = new List<MediaLoop>();
        try
        {
            foreach (var port in options.UdpPorts)
            {
                loops.Add(new MediaLoop(options.BindAddress, port, options.SocketBufferBytes, loggers.CreateLogger<MediaLoop>()));
            }
        }
        catch
        {
            loops.ForEach(l => l.Dispose());
            throw;
        }

        _loops = [.. loops];
        Rooms = new RoomDirectory(_loops, _certificate, options);
        foreach (var loop in _loops)
        {
            loop.Start();
        }
    }

    public static string Version { get; } =
        typeof(MediaNodeHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public NodeOptions Options { get; }

    public RoomDirectory Rooms { get; }

    public IReadOnlyList<MediaLoop> Loops => _loops;

    /// <summary>False until the media path is warm.</summary>
    public bool IsReady { get; set; }

    public NodeState State => !IsReady ? NodeState.Starting : Rooms.IsDraining ? NodeState.Draining : NodeState.Ready;

    /// <summary>Calls itself once, then is ready. A self-call that fails is logged and does not keep the node from its work.</summary>
    public async Task WarmUpAsync(CancellationToken ct)
    {
        try
        {
            if (!await SelfCall.RunAsync(this, ct).ConfigureAwait(false))
            {
                LogSelfCallFailed(_logger);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        IsReady = true;
        LogReady(_logger, Options.Name, string.Join(", ", _loops.Select(l => l.Port)), string.Join(", ", Options.AdvertisedAddresses));
    }

    public async Task<NodeReport> ReportAsync(CancellationToken ct)
    {
        var rooms = new List<RoomReport>();
        long forwarded = 0;
        foreach (var room in Rooms.Rooms)
        {
            var (report, packets) = await room.Loop.RunAsync(() => (room.Report(withParticipants: false), Forwarded(room)), ct).ConfigureAwait(false);
            rooms.Add(report);
            forwarded += packets;
        }

        var loops = await StatisticsAsync(ct).ConfigureAwait(false);
        return new NodeReport
        {
            Node = Options.Name,
            Version = Version,
            InstanceId = _instanceId,
            State = State,
            StartedAt = _startedAt,
            Loops = _loops.Length,
            Participants = rooms.Sum(r => r.Participants),
            UpTracks = rooms.Sum(r => r.UpTracks),
            DownTracks = rooms.Sum(r => r.DownTracks),
            EgressKbps = loops.Sum(l => l.EgressBitsPerSecond) / 1000,
            Stress = Math.Round(loops.Max(l => l.Busy), 3),
            ForwardedPackets = forwarded,
            Rooms = rooms,
        };
    }

    public async Task<IReadOnlyList<LoopStatistics>> StatisticsAsync(CancellationToken ct)
    {
        var statistics = new List<LoopStatistics>();
        foreach (var loop in _loops)
        {
            statistics.Add(await loop.RunAsync(loop.Statistics, ct).ConfigureAwait(false));
        }

        return statistics;
    }

    /// <summary>Ends every room, so that their event streams say why.</summary>
    public async Task EndRoomsAsync(string reason, CancellationToken ct)
    {
        Rooms.IsDraining = true;
        foreach (var room in Rooms.Rooms)
        {
            await Rooms.DeleteAsync(room.Id, long.MaxValue, reason, ct).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }

        _certificate.Dispose();
    }

    private static long Forwarded(NodeRoom room) =>
        room.Participants.Sum(p => p.PublishedTracks.Sum(t => t.Track.ForwardedPackets));
}
