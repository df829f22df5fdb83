using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Time;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Streams;

/// <summary>
/// The TCP port of a media node (ICE-TCP, passive: RFC 6544). It accepts connections on a thread of its own, so that a flood of them costs the loops nothing, and hands a connection to the loop of
/// its session once the first frame is an authentic check. The check stays unread for the loop. A check of reachability (<see cref="BindingResponder"/>) is answered, and it closes the connection like all else.
/// </summary>
internal sealed partial class StreamGate : IDisposable
{
    /// <summary>Bytes of the first packet. A check has about 100; the longest username makes it 600.</summary>
    public const int MaxCheckBytes = 768;

    /// <summary>Time from the start of a connection until its check is complete.</summary>
    public static readonly TimeSpan CheckTime = TimeSpan.FromSeconds(5);

    /// <summary>Time in which a loop takes a connection. One that stands still does not, and its connections would take the places of others.</summary>
    public static readonly TimeSpan HandOverTime = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that wait in the kernel for a connection, where nothing can overtake them.</summary>
    private const int UnsentBytes = 16 * 1024;

    /// <summary>With the pause after them, at most 2,000 connections a second are accepted, so that a flood of them does not take a CPU from the loops.</summary>
    private const int AcceptedAtOnce = 16;
    private const ulong FirstListener = 1UL << 32;
    private const ulong WakeKey = ulong.MaxValue;
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan ExhaustedPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan UnacknowledgedTime = TimeSpan.FromSeconds(15);
    private static int _lastNumber;
    private readonly StreamListener[] _listeners;
    private readonly UfragDirectory _sessions;
    private readonly StreamCounters _counters;
    private readonly ILogger _logger;
    private readonly SocketPoller _poller = new(128);
    private readonly WakeSignal _wake = new();
    private readonly ManualResetEventSlim _stop = new();
    private readonly UnauthenticatedStreams _waiting = new();
    private readonly StreamPlaces _places;

    /// <summary>Connections that their loops may not have taken yet, in the order of their deadlines.</summary>
    private readonly Queue<StreamHandOver> _handedOver = new();
    private readonly BindingResponder _responder;
    private readonly byte[] _packet = new byte[StreamFraming.HeaderBytes + MaxCheckBytes];
    private readonly Thread _thread;

    /// <param name="addresses">Local addresses; at most one of each family.</param>
    /// <param name="port">TCP port; 0 lets the kernel choose.</param>
    /// <param name="sessions">The sessions of all loops.</param>
    /// <param name="counters">Counts the connections.</param>
    /// <param name="places">Limits the connections of sessions.</param>
    /// <param name="responder">Answers checks of reachability; used by the thread of the port only.</param>
    /// <param name="logger">Logs unexpected errors.</param>
    /// <exception cref="Win32Exception">The port cannot be bound.</exception>
    public StreamGate(IReadOnlyList<IPAddress> addresses, int port, UfragDirectory sessions, StreamCounters counters, StreamPlaces places, BindingResponder responder, ILogger logger)
    {
        (_sessions, _counters, _places, _responder, _logger) = (sessions, counters, places, responder, logger);
        var listeners = new List<StreamListener>();
        try
        {
            foreach (var address in addresses)
            {
                listeners.Add(new StreamListener(address, listeners.Count == 0 ? port : listeners[0].Port));
            }
        }
        catch
        {
            listeners.ForEach(listener => listener.Dispose());
            _poller.Dispose();
            _wake.Dispose();
            throw;
        }

        _listeners = [.. listeners];
        for (var i = 0; i < _listeners.Length; i++)
        {
            _poller.Add(_listeners[i], FirstListener + (ulong)i);
        }

        _poller.Add(_wake, WakeKey);
        _thread = new Thread(Run) { Name = $"tcp-{Port}", IsBackground = true };
        _thread.Start();
    }

    public int Port => _listeners[0].Port;

    public void Dispose()
    {
        _stop.Set();
        _wake.Set();
        _thread.Join();
        foreach (var stream in _waiting.TakeAll())
        {
            End(stream, StreamEnd.Shutdown);
        }

        TakeBack(long.MaxValue, StreamEnd.Shutdown);
        Array.ForEach(_listeners, listener => listener.Dispose());
        _poller.Dispose();
        _wake.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.IsSet)
        {
            try
            {
                Step();
            }
            catch (Exception e)
            {
                LogFailed(_logger, e);
                _stop.Wait(ExhaustedPause);
            }
        }
    }

    private void Step()
    {
        var next = Math.Min(_waiting.NextTicks, _handedOver.TryPeek(out var first) ? first.DeadlineTicks : long.MaxValue);
        var ready = _poller.Poll(TimeSpan.FromTicks(Math.Clamp(next - MonotonicClock.NowTicks, 0, TimeSpan.TicksPerMinute)));
        var now = MonotonicClock.NowTicks;
        while (_waiting.TakeLate(now) is { } late)
        {
            End(late, StreamEnd.NoCheckInTime);
        }

        TakeBack(now, StreamEnd.NotTaken);
        for (var i = 0; i < ready; i++)
        {
            var key = _poller.Key(i);
            if (key < FirstListener)
            {
                Examine((uint)key);
            }
            else if (key != WakeKey)
            {
                Accept(now, _listeners[(int)(key - FirstListener)]);
            }
        }
    }

    private void Accept(long now, StreamListener listener)
    {
        for (var accepted = 0; accepted < AcceptedAtOnce; accepted++)
        {
            if (listener.Accept(out var isExhausted) is not { } socket)
            {
                if (isExhausted)
                {
                    _counters.OnAccepted();
                    _counters.OnEnded(StreamEnd.NoDescriptors, wasOpen: false);
                    _stop.Wait(ExhaustedPause);
                }

                return;
            }

            _counters.OnAccepted();
            var number = NextNumber();
            var stream = new UnauthenticatedStream(socket, new TransportAddress(socket.RemoteHigh, socket.RemoteLow, socket.RemotePort).Over(number), now + CheckTime.Ticks);
            if (!_waiting.TryAdd(stream, out var replaced))
            {
                End(stream, StreamEnd.TooManyOfAddress);
                continue;
            }

            if (replaced is not null)
            {
                End(replaced, StreamEnd.TooManyUnauthenticated);
            }

            _poller.Add(socket, number, onlyNews: true);
        }

        _stop.Wait(AcceptPause);
    }

    /// <summary>The number of a new connection. 0 stands for UDP.</summary>
    internal static uint NextNumber()
    {
        var number = (uint)Interlocked.Increment(ref _lastNumber);
        return number == 0 ? NextNumber() : number;
    }

    private void Examine(uint number)
    {
        if (_waiting.Find(number) is not { } stream)
        {
            return;
        }

        var received = stream.Socket.Peek(_packet);
        var status = StreamFraming.Read(_packet.AsSpan(0, Math.Max(0, received)), MaxCheckBytes, out var length);
        if (received != StreamSocket.Ended && status == FrameStatus.Incomplete)
        {
            return;
        }

        _waiting.Remove(stream);
        UfragDirectory.Entry? session = null;
        var problem = received == StreamSocket.Ended ? StreamEnd.ClosedByPeer
            : status == FrameStatus.TooLong ? StreamEnd.FrameTooLong
            : Authenticate(_packet.AsSpan(StreamFraming.HeaderBytes, length), out session);
        if (problem == StreamEnd.NoCheck && TryAnswer(stream, _packet.AsSpan(StreamFraming.HeaderBytes, length)))
        {
            _counters.OnEnded(StreamEnd.Answered, wasOpen: false);
        }
        else if (problem is { } reason || session is null)
        {
            End(stream, problem ?? StreamEnd.NoCheck);
        }
        else
        {
            HandOver(stream, session);
        }
    }

    /// <summary>Finds the session that a check names and whose password it has. Returns the problem, if there is one.</summary>
    private StreamEnd? Authenticate(ReadOnlySpan<byte> packet, out UfragDirectory.Entry? session)
    {
        session = null;
        if (!StunMessage.TryParse(packet, out var check) || check.Type != StunMessageType.BindingRequest || !check.VerifyFingerprint()
            || !StunMessage.TryReadLocalUfrag(packet, out var ufrag) || ufrag.Length > 64)
        {
            return StreamEnd.NoCheck;
        }

        Span<char> name = stackalloc char[64];
        for (var i = 0; i < ufrag.Length; i++)
        {
            name[i] = (char)ufrag[i];
        }

        return !_sessions.TryFind(name[..ufrag.Length], out session) ? StreamEnd.UnknownSession
            : !check.VerifyIntegrity(session.Password) ? StreamEnd.WrongPassword
            : null;
    }

    /// <summary>Answers a check of reachability and closes the connection. What was received is read before, because the kernel would otherwise reset the connection and discard the response.</summary>
    private bool TryAnswer(UnauthenticatedStream stream, ReadOnlySpan<byte> packet)
    {
        Span<byte> answer = stackalloc byte[EchoProbe.MaximumLength];
        if (!_responder.TryRespond(MonotonicClock.NowTicks, stream.Address, packet, answer, out var length))
        {
            return false;
        }

        Span<byte> header = stackalloc byte[StreamFraming.HeaderBytes];
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)length);
        stream.Socket.Receive(_packet);
        stream.Socket.Send(header, answer[..length], default);
        stream.Socket.Dispose();
        return true;
    }

    private void HandOver(UnauthenticatedStream stream, UfragDirectory.Entry session)
    {
        if (_places.TryTake(session.Tenant, stream.Address, out var place) is { } problem)
        {
            End(stream, problem);
            return;
        }

        _poller.Remove(stream.Socket);
        stream.Socket.UseForMedia(UnsentBytes, UnacknowledgedTime);
        _counters.OnAuthenticated();
        var handOver = new StreamHandOver(stream.Socket, stream.Address, place!, MonotonicClock.NowTicks + HandOverTime.Ticks);
        _handedOver.Enqueue(handOver);
        _ = session.Loop.RunAsync(
            () =>
            {
                handOver.Open(session);
                return true;
            },
            CancellationToken.None); // nothing waits for it: what the loop does not take is taken back
    }

    /// <summary>Ends the connections that their loops have not taken in time, and forgets those that they have.</summary>
    private void TakeBack(long nowTicks, StreamEnd reason)
    {
        while (_handedOver.TryPeek(out var first) && (first.IsTaken || nowTicks >= first.DeadlineTicks))
        {
            _handedOver.Dequeue();
            if (first.TryTake())
            {
                first.Socket.Abort();
                _counters.OnEnded(reason, wasOpen: true);
                first.Place.Dispose();
            }
        }
    }

    private void End(UnauthenticatedStream stream, StreamEnd reason)
    {
        stream.Socket.Abort();
        _counters.OnEnded(reason, wasOpen: false);
    }
}
