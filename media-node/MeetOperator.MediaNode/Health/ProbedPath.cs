using System.Net;
using System.Net.Sockets;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Health;

/// <summary>
/// One network path to a loop's UDP port: the socket itself, or an advertised address including port mapping and firewall. Every probe uses a new source
/// port, as a new client does, because a connection tracking entry of an old port would hide that the mapping no longer exists. Safe for concurrent use.
/// </summary>
internal sealed class ProbedPath(EchoProbe probe, IPEndPoint target) : IDisposable
{
    private readonly byte[] _buffer = new byte[EchoProbe.MaximumLength];
    private readonly Lock _lock = new();
    private Socket? _socket;
    private byte[] _transactionId = [];
    private long _sentTicks;
    private long? _unansweredTicks;
    private bool _isSent;

    public string Address { get; } = target.Address.ToString();

    /// <summary>Whether any probe has been answered. Not every network routes a Pod's traffic to the Pod's own external address.</summary>
    public bool WasAnswered { get; private set; }

    /// <summary>Age of the oldest unanswered probe in milliseconds, 0 when the last probe was answered, null before the first.</summary>
    public long? AgeMs(long nowTicks)
    {
        lock (_lock)
        {
            return !_isSent ? null : _unansweredTicks is { } since ? Math.Max(0, nowTicks - since) / TimeSpan.TicksPerMillisecond : 0;
        }
    }

    /// <summary>Checks for the answer to the previous probe and sends the next one.</summary>
    public void Step(long nowTicks)
    {
        lock (_lock)
        {
            CheckAnswer();
            Send(nowTicks);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _socket?.Dispose();
            _socket = null;
        }
    }

    private void CheckAnswer()
    {
        if (!_isSent)
        {
            return;
        }

        if (TryReceiveAnswer())
        {
            (WasAnswered, _unansweredTicks) = (true, null);
        }
        else
        {
            _unansweredTicks ??= _sentTicks;
        }

        _socket?.Dispose();
        _socket = null;
    }

    private bool TryReceiveAnswer()
    {
        try
        {
            while (_socket is { Available: > 0 })
            {
                if (probe.IsResponse(_buffer.AsSpan(0, _socket.Receive(_buffer)), _transactionId))
                {
                    return true;
                }
            }
        }
        catch (SocketException)
        {
            // An ICMP error (port unreachable) counts as no answer.
            return false;
        }

        return false;
    }

    private void Send(long nowTicks)
    {
        (_isSent, _sentTicks, _transactionId) = (true, nowTicks, EchoProbe.NewTransactionId());
        try
        {
            _socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            _socket.SendTo(_buffer.AsSpan(0, probe.WriteRequest(_transactionId, _buffer)), SocketFlags.None, target);
        }
        catch (SocketException)
        {
            // No route, or the firewall rejects the datagram. This probe stays unanswered.
            _socket?.Dispose();
            _socket = null;
        }
    }
}
