using System.Net;
using System.Net.Sockets;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.MediaNode.Health;

/// <summary>
/// One way to a loop's UDP port: the socket itself, or an address that clients are told, with whatever maps and filters it. Every probe leaves
/// from a new port, as a new client would: an old mapping that the kernel still remembers must not hide that it is gone for newcomers.
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

    /// <summary>Whether a probe came back ever. Not every network leads a Pod to its own outside address.</summary>
    public bool WasAnswered { get; private set; }

    /// <summary>Age of the oldest probe without an answer; 0 while the last one was answered, null before the first.</summary>
    public long? AgeMs(long nowTicks)
    {
        lock (_lock)
        {
            return !_isSent ? null : _unansweredTicks is { } since ? Math.Max(0, nowTicks - since) / TimeSpan.TicksPerMillisecond : 0;
        }
    }

    /// <summary>Judges the probe that is out, and sends the next one.</summary>
    public void Step(long nowTicks)
    {
        lock (_lock)
        {
            Judge();
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

    private void Judge()
    {
        if (!_isSent)
        {
            return;
        }

        if (IsAnswered())
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

    private bool IsAnswered()
    {
        try
        {
            while (_socket is { Available: > 0 })
            {
                if (probe.IsAnswer(_buffer.AsSpan(0, _socket.Receive(_buffer)), _transactionId))
                {
                    return true;
                }
            }
        }
        catch (SocketException)
        {
            // Nothing listens there: an answer that did not come.
            return false;
        }

        return false;
    }

    private void Send(long nowTicks)
    {
        (_isSent, _sentTicks, _transactionId) = (true, nowTicks, EchoProbe.NewTransactionId());
        try
        {
            _socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            _socket.SendTo(_buffer.AsSpan(0, probe.WriteRequest(_transactionId, _buffer)), SocketFlags.None, target);
        }
        catch (SocketException)
        {
            // No route, or the firewall said no: an answer that will not come.
            _socket?.Dispose();
            _socket = null;
        }
    }
}
