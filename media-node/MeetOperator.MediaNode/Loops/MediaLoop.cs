using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using MeetOperator.MediaNode.Egress;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtp.Packets;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// One UDP port and everything behind it, owned by one thread: receive a batch, forward it, send what came of it. Other threads reach it only
/// through <see cref="RunAsync{T}"/>.
/// </summary>
internal sealed class MediaLoop : IDisposable
{
    private const int BatchDatagrams = 64;
    private const int MaxCommands = 4096;

    /// <summary>Commands that run in one turn of the loop. The rest wait, so that media and timers are served in between.</summary>
    private const int CommandsPerTurn = 8;

    /// <summary>Timers of transports and tracks are looked at this often while there are sessions.</summary>
    private const long TickTicks = 10 * TimeSpan.TicksPerMillisecond;
    private const long IdleWaitTicks = TimeSpan.TicksPerSecond;

    /// <summary>How long a frame that is not complete is held back, so that its packets leave in one message a subscriber.</summary>
    private const long CoalesceTicks = TimeSpan.TicksPerMicrosecond * 150;

    private const int OpenFrameBytes = 500;

    private readonly UdpSocket _socket;
    private readonly ReceiveBatch _batch = new(BatchDatagrams);
    private readonly WakeSignal _wake = new();
    private readonly Channel<Action> _commands = Channel.CreateBounded<Action>(
        new BoundedChannelOptions(MaxCommands) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly List<Action> _deferred = [];
    private readonly BusyMeter _meter = new();
    private readonly PauseMeter _pauses = new();
    private readonly Thread _thread;
    private long _nextTick;
    private long _lastTurnTicks = MonotonicClock.NowTicks;
    private long _receivedDatagrams;
    private long _receivedBytes;
    private long _unknownSources;
    private long _holdUntil;
    private bool _frameOpen;
    private volatile bool _stopping;

    public MediaLoop(IPAddress address, int port, int socketBufferBytes, ILogger logger)
    {
        _socket = new UdpSocket(address, port, socketBufferBytes);
        Egress = new LoopEgress(_socket);
        Faults = new LoopFaults(_socket.Port, logger);
        _thread = new Thread(Run) { Name = $"media-{_socket.Port}", IsBackground = true };
    }

    public int Port => _socket.Port;

    public PeerTable Peers { get; } = new();

    public LoopEgress Egress { get; }

    /// <summary>Called on the loop about every 10 ms while there are sessions, else about once a second. A subscriber that throws is not called again.</summary>
    public event Action<long>? Ticked;

    /// <summary>Rooms placed here; kept by the room directory to find the least loaded loop.</summary>
    public int RoomCount { get; set; }

    public DropTotals Drops { get; } = new();

    public IngressDrops IngressDrops { get; } = new();

    public LoopFaults Faults { get; }

    /// <summary>Requests made with this are answered on the loop's own socket.</summary>
    public EchoProbe Probe { get; } = new(IceCredentials.Generate());

    /// <summary>When the thread last went round; for any thread.</summary>
    public long LastTurnTicks => Volatile.Read(ref _lastTurnTicks);

    /// <summary>Packets that tracks forwarded which are gone now.</summary>
    public long ForwardedByGoneTracks { get; set; }

    public void Start() => _thread.Start();

    /// <summary>Runs <paramref name="work"/> on the loop's thread.</summary>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken ct)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _commands.Writer.WriteAsync(
            () =>
            {
                try
                {
                    done.TrySetResult(work());
                }
                catch (Exception e)
                {
                    done.TrySetException(e);
                }
            },
            ct).ConfigureAwait(false);
        _wake.Set();
        return await done.Task.WaitAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Runs <paramref name="work"/> once the datagram, timer or command at hand is done with; for the loop's own thread.</summary>
    public void Defer(Action work) => _deferred.Add(work);

    /// <summary>
    /// An unexpected error in the work of one session: its owner ends it as soon as nothing of it is running, and whatever comes of that, the loop has
    /// nothing to do with it any more.
    /// </summary>
    public void EndAfterFault(PeerSession session, IPeerSessionOwner owner, Exception error)
    {
        Faults.Count(FaultScope.Session, error);
        Defer(() =>
        {
            try
            {
                owner.OnFault(session);
            }
            finally
            {
                Forget(session);
            }
        });
    }

    /// <summary>Frees what the loop has of a session; does nothing the second time.</summary>
    public void Forget(PeerSession session)
    {
        if (Peers.Remove(session))
        {
            Drops.Absorb(session.Transport.Drops);
            session.Dispose();
        }
    }

    /// <summary>To be asked on the loop's thread.</summary>
    public LoopStatistics Statistics()
    {
        var drops = Drops.Copy();
        drops["RtpTooLarge"] = IngressDrops.TooLarge;
        drops["ParticipantRate"] = IngressDrops.OverRate;
        var profiles = new Dictionary<string, int>(StringComparer.Ordinal);
        var (connected, silent) = (0, 0);
        var now = MonotonicClock.NowTicks;
        foreach (var session in Peers.Sessions)
        {
            connected += session.IsReady ? 1 : 0;
            silent += session.IsSilent(now) ? 1 : 0;
            DropTotals.Add(drops, session.Transport.Drops);
            if (session.Transport.Profile is { } profile)
            {
                profiles[profile.ToString()] = profiles.GetValueOrDefault(profile.ToString()) + 1;
            }
        }

        return new LoopStatistics
        {
            Port = Port,
            ReceivedDatagrams = _receivedDatagrams,
            ReceivedBytes = _receivedBytes,
            SentDatagrams = Egress.SentDatagrams,
            SentBytes = Egress.SentBytes,
            SentMessages = Egress.SentMessages,
            RefusedDatagrams = Egress.RefusedDatagrams,
            DelayedMessages = Egress.DelayedMessages,
            KernelDrops = _socket.KernelDrops,
            UnknownSourceDrops = _unknownSources,
            Segmentation = Egress.Segmentation,
            Busy = _meter.Busy,
            LongestPauseTicks = _pauses.LongestTicks,
            EgressBitsPerSecond = _meter.BitsPerSecond,
            TransportDrops = drops,
            SessionsByProfile = profiles,
            ConnectedSessions = connected,
            SilentSessions = silent,
            Faults = Faults.Copy(),
        };
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        foreach (var session in Peers.Sessions)
        {
            session.Dispose();
        }

        Egress.Dispose();
        _batch.Dispose();
        _socket.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            try
            {
                Step();
            }
            catch (Exception e)
            {
                // What belongs to somebody is caught where it is called; this is the loop's own.
                Faults.Count(FaultScope.Turn, e);
            }
        }

        Egress.Flush();
    }

    private void Step()
    {
        Egress.Drain();
        var received = _batch.Receive(_socket);
        var now = MonotonicClock.NowTicks;
        Volatile.Write(ref _lastTurnTicks, now);
        _pauses.Turn(now);
        for (var i = 0; i < received; i++)
        {
            Handle(now, new TransportAddress(_batch.SourceAddress(i), _batch.SourcePort(i)), _batch.Datagram(i));
        }

        if (!Egress.IsEmpty && (received == 0 || !Hold(now)))
        {
            Egress.Flush();
        }

        var moreCommands = false;
        if (_commands.Reader.TryPeek(out _))
        {
            moreCommands = RunCommands();
            Egress.Flush();
        }

        if (now >= _nextTick)
        {
            Tick(now);
        }

        if (received == 0 && !moreCommands)
        {
            var before = MonotonicClock.NowTicks;
            _socket.Wait(_wake, TimeSpan.FromTicks(_nextTick - before), Egress.IsBlocked);
            Waited(MonotonicClock.NowTicks - before);
        }
    }

    /// <summary>
    /// Waits a moment for the rest of a frame, so that all of it leaves in one segmented message a subscriber: that halves the cost of a packet.
    /// True when more may come; false when the frame is complete, or has been waited for long enough.
    /// </summary>
    private bool Hold(long now)
    {
        if (!_frameOpen)
        {
            _holdUntil = 0;
            return false;
        }

        if (_holdUntil == 0)
        {
            _holdUntil = now + CoalesceTicks;
        }

        var before = MonotonicClock.NowTicks;
        var more = before < _holdUntil && _socket.Wait(_wake, TimeSpan.FromTicks(_holdUntil - before));
        Waited(MonotonicClock.NowTicks - before);
        if (!more)
        {
            _holdUntil = 0;
        }

        return more;
    }

    private void Waited(long ticks)
    {
        _meter.Waited(ticks);
        _pauses.Waited(ticks);
    }

    private void Handle(long now, in TransportAddress from, Span<byte> datagram)
    {
        _receivedDatagrams++;
        _receivedBytes += datagram.Length;

        // A large RTP packet without the marker bit is one of a picture's first; audio packets are small and wait for nothing.
        _frameOpen = datagram.Length >= OpenFrameBytes && PacketClassifier.Classify(datagram) == PacketKind.Rtp && (datagram[1] & 0x80) == 0;
        PeerSession? session = null;
        try
        {
            session = Peers.Find(from, datagram);
            if (session is null)
            {
                HandleUnknown(from, datagram);
            }
            else if (session.Handle(now, from, datagram))
            {
                Peers.Bind(now, from, datagram, session);
            }
        }
        catch (Exception e)
        {
            Blame(session, e);
        }

        if (_deferred.Count > 0)
        {
            RunDeferred();
        }
    }

    /// <summary>Nobody's datagram: the node's own probe, or a stranger's. Kept out of line, off the way of media.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HandleUnknown(in TransportAddress from, ReadOnlySpan<byte> datagram)
    {
        Span<byte> answer = stackalloc byte[EchoProbe.MaximumLength];
        if (Probe.TryAnswer(from, datagram, answer, out var length))
        {
            Egress.SendControl(from, answer[..length]);
        }
        else
        {
            _unknownSources++;
        }
    }

    private void Blame(PeerSession? session, Exception error)
    {
        if (session is null)
        {
            Faults.Count(FaultScope.Datagram, error);
        }
        else
        {
            session.Fail(error);
        }
    }

    /// <summary>True when more are waiting.</summary>
    private bool RunCommands()
    {
        for (var i = 0; i < CommandsPerTurn && _commands.Reader.TryRead(out var command); i++)
        {
            command();
            RunDeferred();
        }

        _nextTick = Math.Min(_nextTick, MonotonicClock.NowTicks + TickTicks);
        return _commands.Reader.TryPeek(out _);
    }

    private void RunDeferred()
    {
        for (var i = 0; i < _deferred.Count; i++)
        {
            try
            {
                _deferred[i]();
            }
            catch (Exception e)
            {
                Faults.Count(FaultScope.Deferred, e);
            }
        }

        _deferred.Clear();
    }

    private void Tick(long now)
    {
        var sessions = Peers.Sessions;
        _nextTick = now + (sessions.Count > 0 ? TickTicks : IdleWaitTicks);
        for (var i = 0; i < sessions.Count; i++)
        {
            try
            {
                sessions[i].HandleTimeout(now);
            }
            catch (Exception e)
            {
                sessions[i].Fail(e);
            }
        }

        foreach (var timer in Delegate.EnumerateInvocationList(Ticked))
        {
            try
            {
                timer(now);
            }
            catch (Exception e)
            {
                Ticked -= timer;
                Faults.Count(FaultScope.Timer, e);
            }
        }

        RunDeferred();
        Egress.Flush();
        _meter.Update(now, Egress.SentBytes);
    }
}
