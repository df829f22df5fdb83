using System.Net.Sockets;
using MeetOperator.NodeControl;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// Decides from the attempts to read the events of a room whether its media node is gone, before the operator knows. A wrong answer moves participants to a linked node, without a
/// break. A process that stands still, or is slow because its machine is busy, is not gone: the kernel of its machine keeps the stream open, and accepts connections. Pure. Not thread-safe.
/// </summary>
internal sealed class RoomReach
{
    /// <summary>A process that is killed, and a machine that is lost, first end the stream, which counts as the first failure. One failure alone may be lost packets.</summary>
    private const int MinFailures = 2;
    private bool _wasOpen;
    private int _failures;

    /// <summary>
    /// Whether the node refuses a connection, or its machine does not answer, after the stream of events has ended or repeatedly; or whether it no longer has the room that it had. It is so
    /// until the stream is open again.
    /// </summary>
    public bool IsGone { get; private set; }

    /// <summary>The stream is open.</summary>
    public void RecordAnswer() => (IsGone, _wasOpen, _failures) = (false, true, 0);

    /// <summary>The stream was open and has ended.</summary>
    public void RecordBreak() => _failures = 1;

    /// <summary>An attempt to open the stream has failed.</summary>
    public void RecordFailure(Exception e)
    {
        if (e is NodeControlException rejection)
        {
            (IsGone, _failures) = (IsGone || (_wasOpen && rejection.Code == "unknown-room"), 0); // another process runs there
        }
        else if (Find(e) is { } error)
        {
            _failures += error is SocketError.ConnectionRefused or SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable ? 1 : 0;
        }
        else if (e is OperationCanceledException or TimeoutException)
        {
            _failures = 0; // the machine has accepted the connection, and the process has not completed the handshake in time
        }

        IsGone = IsGone || _failures >= MinFailures;
    }

    private static SocketError? Find(Exception? e) => e is null ? null : e is SocketException socket ? socket.SocketErrorCode : Find(e.InnerException);
}
