using System.ComponentModel;
using MeetOperator.MediaNode.Egress;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Time;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Sfu.Egress;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// The TCP connections and tunnels of one loop. Each belongs to one session: its check has authenticated a connection before the loop got it, and signaling has named the session of a tunnel. A
/// connection can delay others only by what one read takes, and all together by that and <see cref="TurnTicks"/>. Used on the loop's thread.
/// </summary>
internal sealed class LoopStreams(MediaLoop loop) : IDisposable
{
    /// <summary>Connections of one session. A client opens one for each pair of candidates.</summary>
    public const int MaxOfSession = 8;

    /// <summary>Time without anything authentic after which a connection is closed. Clients send checks every few seconds.</summary>
    public const long IdleTicks = 30 * TimeSpan.TicksPerSecond;

    /// <summary>Time for which a client may read nothing of what is sent to it.</summary>
    public const long NotReadTicks = 10 * TimeSpan.TicksPerSecond;

    /// <summary>The same once what waits for such clients takes more than <see cref="MaxWaitingBytes"/>. Those who have read nothing for the longest time are closed first.</summary>
    public const long NotReadInNeedTicks = TimeSpan.TicksPerSecond;

    /// <summary>Rejected frames in a row after which a connection is closed: as many packets as a participant may send in a second.</summary>
    public const int MaxRejected = 5000;

    /// <summary>Time for connections in one iteration, after which datagrams, commands and timers have their turn. Frames that are rejected cost microseconds each, and thousands of them arrive at once.</summary>
    private const long TurnTicks = TimeSpan.TicksPerMillisecond / 2;

    /// <summary>What is read of one connection before the others have their turn.</summary>
    private const int ReadBytes = 16 * 1024;
    private const int MaxReady = 64;

    /// <summary>The shortest packet that means anything: an RTP header. Shorter ones cost a sender next to nothing, so they are not looked at.</summary>
    private const int MinPacketBytes = 12;
    private readonly Dictionary<uint, PeerStream> _streams = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReadBytes + StreamFraming.HeaderBytes + StreamFraming.MaximumPacketBytes, pinned: true);
    private SocketPoller? _poller;

    /// <summary>How many connections the poller has found ready, and how many of them have had their turn.</summary>
    private int _ready;
    private int _served;
    private long _nextCheckTicks;
    private long _nextTrimTicks;

    /// <summary>The memory for connections that the kernel takes nothing for at the moment. Enough for about 340 of them.</summary>
    public long MaxWaitingBytes { get; set; } = 128 * 1024 * 1024;

    public bool HasAny => _streams.Count > 0;

    /// <summary>Reports which connections are ready; null without connections.</summary>
    public SocketPoller? Poller => _streams.Count > 0 ? _poller : null;

    public long ReceivedPackets { get; private set; }

    public long ReceivedBytes { get; private set; }

    /// <summary>The counters of the media node.</summary>
    public StreamCounters Counters { get; set; } = new();

    /// <summary>The same for tunnels.</summary>
    public StreamCounters Tunnels { get; set; } = new();

    /// <summary>Takes a connection whose first check is authentic and not read yet.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="address">Its other end, with the number of the connection.</param>
    /// <param name="ufrag">The username fragment in the check.</param>
    /// <param name="onClosed">Called when the connection is closed, on the loop's thread.</param>
    public void Open(StreamSocket socket, in TransportAddress address, string ufrag, Action onClosed)
    {
        StreamEnd? problem;
        try
        {
            problem = Admit(socket, address, ufrag, onClosed);
        }
        catch (Exception e)
        {
            loop.Failures.Count(FailureScope.Connection, e);
            problem = StreamEnd.Failed;
        }

        if (problem is { } reason)
        {
            socket.Abort();
            Counters.OnEnded(reason, wasOpen: true);
            onClosed();
        }
    }

    /// <summary>Takes the connection of a session's tunnel, in place of an earlier one.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="address">Stands for its other end, with the number of the connection.</param>
    /// <param name="session">The session, which has a transport for a tunnel.</param>
    /// <param name="onClosed">Called when the connection is closed, on the loop's thread.</param>
    public void OpenTunnel(StreamSocket socket, in TransportAddress address, PeerSession session, Action onClosed)
    {
        CloseOf(session, StreamEnd.TooManyOfSession);
        Tunnels.OnAccepted();
        Tunnels.OnAuthenticated();
        if (Add(socket, address, session, onClosed) is { } problem)
        {
            socket.Abort();
            Tunnels.OnEnded(problem, wasOpen: true);
            onClosed();
            return;
        }

        session.OpenTunnel(MonotonicClock.NowTicks, address);
    }

    private StreamCounters CountersOf(PeerSession session) => session.Transport.IsTunnel ? Tunnels : Counters;

    /// <summary>Does what the first connection needs, also for as long as there is none later: memory is given back after the last one has ended.</summary>
    private SocketPoller StartPolling()
    {
        var poller = new SocketPoller(MaxReady);
        loop.Ticked += nowTicks =>
        {
            if (nowTicks >= _nextTrimTicks)
            {
                _nextTrimTicks = nowTicks + TimeSpan.TicksPerSecond;
                loop.Egress.Streams.Trim();
            }
        };
        return poller;
    }

    /// <summary>Gives a connection to its session. Returns why it does not get it, or null.</summary>
    private StreamEnd? Admit(StreamSocket socket, in TransportAddress address, string ufrag, Action onClosed)
    {
        if (loop.Peers.FindByUfrag(ufrag) is not { Transport.IsTunnel: false } session)
        {
            return StreamEnd.UnknownSession; // it has ended since, or takes no connections of clients
        }

        if (!session.MayUse(address))
        {
            return StreamEnd.Denied;
        }

        CloseOldest(session);
        return Add(socket, address, session, onClosed);
    }

    /// <summary>Reads and sends on a connection from now on. Returns why that is not possible, or null.</summary>
    private StreamEnd? Add(StreamSocket socket, in TransportAddress address, PeerSession session, Action onClosed)
    {
        try
        {
            _poller ??= StartPolling();
            _poller.Add(socket, address.Connection);
        }
        catch (Win32Exception)
        {
            return StreamEnd.NoDescriptors;
        }

        _streams.Add(address.Connection, new PeerStream(socket, address, session, loop.Egress.Streams.Add(_poller, address.Connection, socket), MonotonicClock.NowTicks, onClosed));
        return null;
    }

    /// <summary>Reads what has arrived, and sends what waits, for about <see cref="TurnTicks"/>. The next call continues with the other connections. Returns the number of packets.</summary>
    public int Receive(long nowTicks)
    {
        var received = 0;
        if (_served == _ready)
        {
            (_ready, _served) = (_poller!.Poll(TimeSpan.Zero), 0);
        }

        var end = MonotonicClock.NowTicks + TurnTicks;
        while (_served < _ready)
        {
            received += Serve(nowTicks, _served++);
            if (MonotonicClock.NowTicks >= end)
            {
                break;
            }
        }

        CloseEnded();
        if (nowTicks >= _nextCheckTicks)
        {
            _nextCheckTicks = nowTicks + TimeSpan.TicksPerSecond;
            CloseLate(nowTicks);
        }

        return received;
    }

    private int Serve(long nowTicks, int index)
    {
        if (!_streams.TryGetValue((uint)_poller!.Key(index), out var stream))
        {
            return 0; // closed meanwhile
        }

        if (_poller.IsWritable(index))
        {
            stream.Sender.OnWritable();
            if (stream.Sender.Pressure == EgressPressure.None)
            {
                stream.Session.WakeAt(nowTicks); // it may continue with video
            }
        }

        return _poller.IsWritableOnly(index) ? 0 : Read(nowTicks, stream);
    }

    /// <summary>Closes the connections of a session that has ended.</summary>
    public void CloseOf(PeerSession session) => CloseOf(session, StreamEnd.SessionEnded);

    private void CloseOf(PeerSession session, StreamEnd reason)
    {
        foreach (var stream in _streams.Values.Where(stream => stream.Session == session).ToList())
        {
            Close(stream, reason, isSessionAlive: false);
        }
    }

    public void Dispose()
    {
        foreach (var stream in _streams.Values.ToList())
        {
            Close(stream, StreamEnd.Shutdown, isSessionAlive: false);
        }

        _poller?.Dispose();
    }

    private int Read(long nowTicks, PeerStream stream)
    {
        var begun = stream.TakeRest(_buffer);
        var read = stream.Socket.Receive(_buffer.AsSpan(begun, ReadBytes));
        if (read <= 0)
        {
            if (read == StreamSocket.Ended)
            {
                Close(stream, StreamEnd.ClosedByPeer);
            }

            return 0;
        }

        ReceivedBytes += read;
        var (at, end, packets) = (0, begun + read, 0);
        FrameStatus status;
        while ((status = StreamFraming.Read(_buffer.AsSpan(at, end - at), StreamFraming.MaximumPacketBytes, out var length)) == FrameStatus.Complete)
        {
            packets++;
            stream.OnFrame(nowTicks, length >= MinPacketBytes && Handle(nowTicks, stream, _buffer.AsSpan(at + StreamFraming.HeaderBytes, length)));
            at += StreamFraming.HeaderBytes + length;
            if (stream.Sender.IsClosed)
            {
                return packets; // this packet ended the session
            }

            if (stream.Rejected > MaxRejected)
            {
                break;
            }
        }

        ReceivedPackets += packets;
        if (status == FrameStatus.TooLong || stream.Rejected > MaxRejected)
        {
            Close(stream, status == FrameStatus.TooLong ? StreamEnd.FrameTooLong : StreamEnd.Rejected);
        }
        else
        {
            stream.KeepRest(_buffer.AsSpan(at, end - at));
        }

        return packets;
    }

    private bool Handle(long nowTicks, PeerStream stream, Span<byte> packet)
    {
        try
        {
            return stream.Session.Handle(nowTicks, nowTicks, stream.Address, packet);
        }
        catch (Exception e)
        {
            stream.Session.Fail(e);
            return false;
        }
        finally
        {
            loop.RunDeferred();
        }
    }

    /// <summary>Makes room for another connection of a session.</summary>
    private void CloseOldest(PeerSession session)
    {
        var own = _streams.Values.Where(stream => stream.Session == session).ToList();
        if (own.Count >= MaxOfSession && own.Where(stream => stream.Address != session.Transport.SelectedAddress).MinBy(stream => stream.LastReceivedTicks) is { } oldest)
        {
            Close(oldest, StreamEnd.TooManyOfSession);
        }
    }

    /// <summary>Closes the connections that turned out to have ended while something was sent.</summary>
    private void CloseEnded()
    {
        var ended = loop.Egress.Streams.Ended;
        if (ended.Count == 0)
        {
            return;
        }

        // Closing a connection can make its session send on another one, which may turn out to have ended too and is then added to this list.
        for (var i = 0; i < ended.Count; i++)
        {
            if (_streams.TryGetValue(ended[i].Number, out var stream))
            {
                Close(stream, StreamEnd.ClosedByPeer);
            }
        }

        ended.Clear();
    }

    /// <summary>Closes the connections on which nothing has happened for too long.</summary>
    internal void CloseLate(long nowTicks)
    {
        foreach (var stream in _streams.Values.ToList())
        {
            if (nowTicks - stream.LastReceivedTicks > IdleTicks)
            {
                Close(stream, StreamEnd.Idle);
            }
            else if (stream.Sender.IsBlocked && nowTicks - stream.Sender.ProgressTicks > NotReadTicks)
            {
                Close(stream, StreamEnd.NotRead);
            }
        }

        CloseUnread(nowTicks);
    }

    /// <summary>Closes connections that read nothing, if what waits takes too much memory, until it does not.</summary>
    private void CloseUnread(long nowTicks)
    {
        var blocked = _streams.Values.Where(static stream => stream.Sender.IsBlocked).ToList();
        var waiting = blocked.Sum(static stream => (long)stream.Sender.RentedBytes);
        if (waiting <= MaxWaitingBytes)
        {
            return;
        }

        foreach (var stream in blocked.OrderBy(static stream => stream.Sender.ProgressTicks))
        {
            if (waiting <= MaxWaitingBytes || nowTicks - stream.Sender.ProgressTicks < NotReadInNeedTicks)
            {
                return;
            }

            waiting -= stream.Sender.RentedBytes;
            Close(stream, StreamEnd.TooMuchWaiting);
        }
    }

    private void Close(PeerStream stream, StreamEnd reason, bool isSessionAlive = true)
    {
        _streams.Remove(stream.Address.Connection);
        loop.Egress.Streams.Remove(stream.Sender);
        if (reason is StreamEnd.ClosedByPeer or StreamEnd.SessionEnded or StreamEnd.Shutdown)
        {
            stream.Socket.Dispose();
        }
        else
        {
            stream.Socket.Abort();
        }

        CountersOf(stream.Session).OnEnded(reason, wasOpen: true);
        stream.OnClosed();
        if (isSessionAlive)
        {
            stream.Session.OnConnectionClosed(MonotonicClock.NowTicks, stream.Address);
        }
    }
}
