using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using MeetOperator.MediaNode.Egress;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Statistics;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracing;
using MeetOperator.Native.Sockets;
using MeetOperator.Native.Threads;
using MeetOperator.Relay.Framing;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtp.Packets;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// Serves one UDP port and all its sessions and rooms on one thread. Each iteration receives a batch of datagrams, forwards it and sends the results. Other threads
/// access the loop only through <see cref="RunAsync{T}"/>.
/// </summary>
internal sealed class MediaLoop : IDisposable
{
    private const int BatchDatagrams = 64;
    private const int MaxCommands = 4096;

    /// <summary>After a batch of more datagrams, the next one is read without asking the kernel first whether there is one.</summary>
    private const int MaxUnread = BatchDatagrams / 4;

    /// <summary>
    /// Time for commands in one iteration. Further commands wait, so that media and timers are not delayed. A command that has begun is finished, so commands are short: SDP is built
    /// and read elsewhere, transports are created elsewhere, and long work has steps (<see cref="StartSteps"/>).
    /// </summary>
    public const long CommandTicks = 200 * TimeSpan.TicksPerMicrosecond;

    /// <summary>What a long step takes. No step begins when less of <see cref="CommandTicks"/> is left.</summary>
    private const long StepTicks = CommandTicks / 2;

    /// <summary>Maximum time between two runs of the timers of a session. A negotiation can set timers between them.</summary>
    private const long MaxTimerTicks = 5 * TimeSpan.TicksPerSecond;

    private readonly UdpSocket[] _sockets;
    private readonly ReceiveBatch _batch = new(BatchDatagrams);
    private readonly ArrivalClock[] _arrivals;
    private readonly WakeSignal _wake = new();
    private readonly Channel<Action> _commands = Channel.CreateBounded<Action>(
        new BoundedChannelOptions(MaxCommands) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>The rest of commands that the loop has begun. They take turns with the commands of other threads.</summary>
    private readonly Queue<Action> _continuations = new();
    private readonly List<Action> _deferred = [];
    private readonly BusyMeter _meter = new();
    private readonly PauseMeter _pauses = new();
    private readonly RecentMaximum _longestCommand = new();
    private readonly Thread _thread;
    private long _lastTurnTicks = MonotonicClock.NowTicks;
    private long _receivedDatagrams;
    private long _receivedBytes;
    private long _unknownSourceDrops;
    private long _commandsEndTicks;
    private bool _isContinuationNext;
    private volatile bool _stopping;

    /// <param name="addresses">Local addresses; at most one of each family.</param>
    /// <param name="port">UDP port; 0 lets the kernel choose.</param>
    /// <param name="socketBufferBytes">Requested size of each kernel socket buffer.</param>
    /// <param name="logger">Logs unexpected errors.</param>
    public MediaLoop(IReadOnlyList<IPAddress> addresses, int port, int socketBufferBytes, ILogger logger)
    {
        _sockets = LoopSockets.Open(addresses, port, socketBufferBytes);
        _arrivals = [.. _sockets.Select(_ => new ArrivalClock())];
        Egress = new LoopEgress(_sockets);
        Failures = new LoopFailures(Port, logger);
        Sleep = new LoopSleep(_wake);
        Streams = new LoopStreams(this);
        _thread = new Thread(Run) { Name = $"media-{Port}", IsBackground = true };
    }

    public int Port => _sockets[0].Port;

    public PeerTable Peers { get; } = new();

    /// <summary>The TCP connections of the sessions.</summary>
    public LoopStreams Streams { get; }

    /// <summary>The links to other media nodes.</summary>
    public LinkTable Links { get; } = new();

    /// <summary>The links to other loops of this media node.</summary>
    public LoopLinks LoopLinks { get; } = new();

    /// <summary>When the timers of the sessions and links are due.</summary>
    public SessionDeadlines Deadlines { get; } = new();

    /// <summary>When the timers of rooms run.</summary>
    public TickSchedule Ticks { get; } = new();

    /// <summary>How long datagrams collect while no media can be forwarded.</summary>
    public QuietRest Rest { get; } = new();

    public LoopEgress Egress { get; }

    /// <summary>How long packets wait for the rest of their frame.</summary>
    public FrameWait Frame { get; } = new();

    /// <summary>
    /// Raised on the loop about every 10 ms while media of tracks that are not muted arrives, about every 200 ms while there are only sessions, otherwise about once a second. A subscriber that throws is removed.
    /// </summary>
    public event Action<long>? Ticked;

    /// <summary>Average share of time that the thread worked in the last seconds, 0 to 1. Readable from any thread.</summary>
    public double Load => _meter.Average;

    public DropTotals Drops { get; } = new();

    public IngressDrops IngressDrops { get; } = new();

    public ConnectionCounts Connections { get; } = new();

    public LoopFailures Failures { get; }

    /// <summary>Answers checks of reachability at this port.</summary>
    public BindingResponder Responder { get; init; } = new(1);

    /// <summary>Authenticates the node's probes. The loop answers them on its own socket.</summary>
    public EchoProbe Probe { get; } = new(IceCredentials.Generate());

    /// <summary>When the thread last started an iteration. Readable from any thread.</summary>
    public long LastTurnTicks => Volatile.Read(ref _lastTurnTicks);

    /// <summary>Whether the loop stands still: its last iteration began more than 3 s before this time. An idle loop iterates once a second. Readable from any thread.</summary>
    public bool IsStuckAt(long nowTicks) => nowTicks - LastTurnTicks > 3 * TimeSpan.TicksPerSecond;

    /// <summary>Packets that tracks had forwarded when they were last reported or closed.</summary>
    public long ForwardedPackets { get; set; }

    private bool HasCommands => _continuations.Count > 0 || _commands.Reader.TryPeek(out _);

    public void Start() => _thread.Start();

    /// <summary>Runs <paramref name="work"/> on the loop's thread. Cancelling stops the wait but not work that has been queued.</summary>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken ct)
    {
        using var span = NodeTracing.StartLoopWork();
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

    /// <summary>Runs work in steps on the loop's thread, as <see cref="StartSteps"/> does. Cancelling stops the wait but not the steps.</summary>
    public async Task<T?> RunInStepsAsync<T>(Func<IEnumerable<T?>> steps, CancellationToken ct)
        where T : class =>
        await (await RunAsync(() => StartSteps(steps()), ct).ConfigureAwait(false)).WaitAsync(ct).ConfigureAwait(false);

    /// <summary>
    /// Starts work in steps: each element is the end of one. When the time for commands is over, the loop receives before the next step, so that also work for a large room
    /// does not delay media. Call it only on the loop's thread.
    /// </summary>
    /// <returns>The first element that is not null, or null when there is none. No step runs after it.</returns>
    public Task<T?> StartSteps<T>(IEnumerable<T?> steps)
        where T : class
    {
        var done = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        RunSteps(steps.GetEnumerator(), done);
        return done.Task;
    }

    /// <summary>Starts work in steps as a command in its turn. Nobody waits for it. Call it only on the loop's thread.</summary>
    public void StartLater(IEnumerable<object?> steps) => _continuations.Enqueue(() => RunSteps(steps.GetEnumerator(), done: null));

    /// <summary>Runs <paramref name="work"/> after the current datagram, timer or command. Call it only on the loop's thread.</summary>
    public void Defer(Action work) => _deferred.Add(work);

    /// <summary>
    /// Handles an unexpected error in one session: its owner ends the session after the current call stack has unwound, and the loop removes it even if that fails.
    /// </summary>
    public void EndAfterFailure(PeerSession session, IPeerSessionOwner owner, Exception error)
    {
        Failures.Count(FailureScope.Session, error);
        Defer(() =>
        {
            try
            {
                owner.OnFailure(session);
            }
            finally
            {
                RemoveSession(session);
            }
        });
    }

    /// <summary>Removes a session from the loop and disposes it. Does nothing when it was already removed.</summary>
    public void RemoveSession(PeerSession session)
    {
        if (Peers.Remove(session))
        {
            SessionDeadlines.Remove(session);
            Drops.Add(session.Transport.Drops);
            Streams.CloseOf(session);
            session.Dispose();
        }
    }

    /// <summary>
    /// Opens one end of a link to another media node. The owner gets its calls from the next iteration on. Throws when another link of this loop has the tag. Call it only on the loop's
    /// thread.
    /// </summary>
    public LinkSession OpenLink(LinkSessionOptions options, ILinkOwner owner)
    {
        var link = new LinkSession(this, options, owner);
        Links.Add(link);
        link.SetSecrets(options.Secrets);
        return link;
    }

    /// <summary>Creates a snapshot of the counters. Call it only on the loop's thread.</summary>
    public LoopStatistics Statistics()
    {
        var totals = Drops.Copy();
        var sessions = SessionCensus.Take(Peers.Sessions, MonotonicClock.NowTicks, totals);
        var drops = totals.ByName();
        drops["RtpTooLarge"] = IngressDrops.TooLarge;
        drops["ParticipantRate"] = IngressDrops.OverRate;
        drops["AudioRate"] = IngressDrops.AudioRate;
        drops["UnknownStream"] = IngressDrops.UnknownStream;
        drops["LoopLinkFull"] = IngressDrops.LoopLinkFull;
        IngressDrops.AddDenied(drops);
        drops["TcpQueueFull"] = Egress.Streams.Total.Discarded;
        Links.AddDrops(drops);
        return new LoopStatistics
        {
            Port = Port,
            ReceivedDatagrams = _receivedDatagrams + Streams.ReceivedPackets,
            ReceivedBytes = _receivedBytes + Streams.ReceivedBytes,
            SentDatagrams = Egress.SentDatagrams,
            SentBytes = Egress.SentBytes,
            SentMessages = Egress.SentMessages,
            DiscardedDatagrams = Egress.DiscardedDatagrams,
            DelayedMessages = Egress.DelayedMessages,
            KernelDrops = _sockets.Sum(s => (long)s.KernelDrops),
            UnknownSourceDrops = _unknownSourceDrops,
            Segmentation = Egress.Segmentation,
            Busy = _meter.Busy,
            LongestPauseTicks = _pauses.LongestTicks,
            LongestCommandTicks = _longestCommand.Value,
            EgressBitsPerSecond = _meter.BitsPerSecond,
            TransportDrops = drops,
            SessionsByProfile = sessions.ByProfile,
            ConnectedSessions = sessions.Connected,
            TcpSessions = sessions.OnTcp,
            TunnelSessions = sessions.OnTunnel,
            Connections = Connections.Connected + Connections.Failed,
            FailedConnections = Connections.Failed,
            SilentSessions = sessions.Silent,
            Failures = Failures.Copy(),
        };
    }

    /// <summary>For other loops that have sent something. Any thread may use it.</summary>
    public LoopSleep Sleep { get; }

    /// <summary>Lets the thread end after its iteration. Loops that are linked stop before one of them is disposed.</summary>
    public void RequestStop()
    {
        _stopping = true;
        _wake.Set();
    }

    /// <summary>Waits until the thread has ended. Returns false when it has not after <paramref name="limit"/>.</summary>
    public bool WaitForStop(TimeSpan limit) => !_thread.IsAlive || _thread.Join(limit);

    public void Dispose()
    {
        RequestStop();
        WaitForStop(Timeout.InfiniteTimeSpan);
        foreach (var session in Peers.Sessions)
        {
            session.Dispose();
        }

        foreach (var link in Links.All)
        {
            link.Dispose();
        }

        Streams.Dispose();
        Egress.Dispose();
        _batch.Dispose();
        Array.ForEach(_sockets, s => s.Dispose());
        _wake.Dispose();
    }

    private void Run()
    {
        ThreadScheduling.TryPreferShortSlices(); // otherwise media waits for its turn behind busy threads of the pool
        while (!_stopping)
        {
            try
            {
                Step();
            }
            catch (Exception e)
            {
                // Errors of sessions, rooms and timers are caught closer to their source; this one is in the loop itself.
                Failures.Count(FailureScope.Iteration, e);
            }
        }

        Egress.Flush();
    }

    private void Step()
    {
        Egress.Drain();
        var received = Receive(0, out var now);
        for (var i = 1; i < _sockets.Length; i++)
        {
            received += Receive(i, out _);
        }

        received += Streams.HasAny ? Streams.Receive(now) : 0;
        received += LoopLinks.Receive(now);
        if ((!Egress.IsEmpty || Frame.IsWaiting) && !WaitForFrame())
        {
            Egress.Flush();
        }

        if (HasCommands)
        {
            RunCommands();
            Egress.Flush();
        }

        RunTimers(now);
        if (Ticks.TryTake(now, Peers.Sessions.Count > 0 || Links.Count > 0 || LoopLinks.Count > 0))
        {
            Tick(now);
        }

        LoopLinks.Flush();
        if (received <= MaxUnread && !Frame.IsWaiting && !HasCommands && !LoopLinks.HasNews)
        {
            Wait(Rest.AfterBatch(now, received > 0));
        }
    }

    /// <summary>Waits for the next timer, command or datagram; for datagrams not before <paramref name="restTicks"/> have passed.</summary>
    private void Wait(long restTicks)
    {
        var before = MonotonicClock.NowTicks;
        var timer = Math.Min(Ticks.NextTicks, Deadlines.NextTicks) - before;
        if (restTicks > 0 && !Egress.IsBlocked && !Egress.Streams.IsBlocked)
        {
            Sleep.Wait([], Math.Min(timer, restTicks), LoopLinks);
        }
        else
        {
            Sleep.Wait(_sockets, timer, LoopLinks, Egress.BlockedSockets, Streams.Poller);
        }

        RecordWait(MonotonicClock.NowTicks - before);
    }

    /// <summary>Reads one batch of a socket and handles its datagrams. Returns their number.</summary>
    private int Receive(int socket, out long now)
    {
        var before = MonotonicClock.NowTicks;
        var received = _batch.Receive(_sockets[socket]);
        now = MonotonicClock.NowTicks;
        var arrivals = _arrivals[socket];
        arrivals.BeginBatch(before, now, MonotonicClock.WallTicks, received < BatchDatagrams);
        if (socket == 0)
        {
            Volatile.Write(ref _lastTurnTicks, now);
            _pauses.RecordIteration(now);
            _longestCommand.Advance(now);
        }

        for (var i = 0; i < received; i++)
        {
            var from = new TransportAddress(_batch.SourceHigh(i), _batch.SourceLow(i), _batch.SourcePort(i));
            Handle(now, arrivals.ArrivalOf(_batch.KernelTicks(i)), from, _batch.Datagram(i));
        }

        return received;
    }

    /// <summary>Waits briefly for the rest of a frame. Returns true when the packets that are to be sent wait for the next receive.</summary>
    private bool WaitForFrame()
    {
        var before = MonotonicClock.NowTicks;
        if (!Frame.TryWait(before, out var pause))
        {
            return false;
        }

        if (pause > 0)
        {
            Sleep.Wait(_sockets, pause, LoopLinks, connections: Streams.Poller);
            RecordWait(MonotonicClock.NowTicks - before);
        }

        return true;
    }

    private void RecordWait(long ticks)
    {
        _meter.RecordWait(ticks);
        _pauses.RecordWait(ticks);
    }

    private void Handle(long now, long arrival, in TransportAddress from, Span<byte> datagram)
    {
        _receivedDatagrams++;
        _receivedBytes += datagram.Length;

        if (!datagram.IsEmpty && datagram[0] == LinkDatagram.FirstByte)
        {
            Links.Handle(now, arrival, datagram); // its source address has no effect
            RunDeferred();
            return;
        }

        PeerSession? session = null;
        try
        {
            session = Peers.Find(from, datagram);
            if (session is null)
            {
                HandleUnknown(now, from, datagram);
            }
            else if (session.Handle(now, arrival, from, datagram))
            {
                Peers.Bind(now, from, datagram, session);
            }
        }
        catch (Exception e)
        {
            RecordFailure(session, e);
        }

        if (_deferred.Count > 0)
        {
            RunDeferred();
        }
    }

    /// <summary>Handles a datagram without a session: a probe of this node, a check of reachability, or a datagram to drop. Not inlined, to keep the media path small.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HandleUnknown(long now, in TransportAddress from, ReadOnlySpan<byte> datagram)
    {
        Span<byte> answer = stackalloc byte[EchoProbe.MaximumLength];
        if (Probe.TryRespond(from, datagram, answer, out var length) || Responder.TryRespond(now, from, datagram, answer, out length))
        {
            Egress.SendControl(from, answer[..length]);
        }
        else
        {
            _unknownSourceDrops++;
        }
    }

    private void RecordFailure(PeerSession? session, Exception error)
    {
        if (session is null)
        {
            Failures.Count(FailureScope.Datagram, error);
        }
        else
        {
            session.Fail(error);
        }
    }

    /// <summary>Runs commands for up to <see cref="CommandTicks"/>.</summary>
    private void RunCommands()
    {
        var now = MonotonicClock.NowTicks;
        _commandsEndTicks = now + CommandTicks;
        while (now < _commandsEndTicks && TakeCommand() is { } command)
        {
            var began = now;
            command();
            RunDeferred();
            now = MonotonicClock.NowTicks;
            _longestCommand.Record(now, now - began);
        }

        Ticks.OnCommands(now);
    }

    private Action? TakeCommand()
    {
        _isContinuationNext = !_isContinuationNext;
        return (_isContinuationNext && _continuations.TryDequeue(out var command)) || _commands.Reader.TryRead(out command) || _continuations.TryDequeue(out command) ? command : null;
    }

    private void RunSteps<T>(IEnumerator<T?> steps, TaskCompletionSource<T?>? done)
        where T : class
    {
        try
        {
            do
            {
                var isOver = !steps.MoveNext();
                if (isOver || steps.Current is not null)
                {
                    done?.TrySetResult(isOver ? null : steps.Current);
                    steps.Dispose();
                    return;
                }
            }
            while (MonotonicClock.NowTicks < _commandsEndTicks - StepTicks);
            _continuations.Enqueue(() => RunSteps(steps, done));
        }
        catch (Exception e) when (done is not null)
        {
            done.TrySetException(e);
        }
    }

    /// <summary>Runs what was deferred. Only for what the loop calls between two datagrams.</summary>
    internal void RunDeferred()
    {
        for (var i = 0; i < _deferred.Count; i++)
        {
            try
            {
                _deferred[i]();
            }
            catch (Exception e)
            {
                Failures.Count(FailureScope.Deferred, e);
            }
        }

        _deferred.Clear();
    }

    /// <summary>Runs the timers of the sessions and links that are due. The packets of an incomplete frame keep waiting for the rest.</summary>
    private void RunTimers(long now)
    {
        while (Deadlines.TakeDue(now) is { } timer)
        {
            try
            {
                Deadlines.Add(timer, TickSchedule.Align(now, Math.Min(timer.HandleTimeout(now), now + MaxTimerTicks)));
            }
            catch (Exception e)
            {
                timer.Fail(e);
            }
        }

        if (_deferred.Count > 0)
        {
            RunDeferred();
        }

        if (!Frame.IsWaiting)
        {
            Egress.Flush();
        }
    }

    private void Tick(long now)
    {
        foreach (var timer in Delegate.EnumerateInvocationList(Ticked))
        {
            try
            {
                timer(now);
            }
            catch (Exception e)
            {
                Ticked -= timer;
                Failures.Count(FailureScope.Timer, e);
            }
        }

        RunDeferred();
        Egress.Flush();
        _meter.Update(now, Egress.SentBytes);
    }
}
