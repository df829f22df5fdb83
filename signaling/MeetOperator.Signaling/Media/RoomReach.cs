using System.Net.Sockets;
using MeetOperator.NodeControl;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// Decides from the attempts to read the events of a room whether its media node is gone, before the operator knows. A wrong answer moves participants to a linked node, without a
/// break. Pure. Not thread-safe.
/// </summary>
internal sealed class RoomReach
{
    /// <summary>An attempt fails for this reason only after the timeout of a connection.</summary>
    private const int MinSilences = 2;
    private const int MinRefusals = 2;
    private bool _wasOpen;
    private int _refusals;
    private int _silences;

    /// <summary>
    /// Whether the node refuses connections after it has ended the stream of events, or repeatedly, or does not answer, or no longer has the room that it had. It is so until the stream is open again.
    /// </summary>
    public bool IsGone { get; private set; }

    /// <summary>The stream is open.</summary>
    public void RecordAnswer() => (IsGone, _wasOpen, _refusals, _silences) = (false, true, 0, 0);

    /// <summary>The stream was open and has ended.</summary>
    public void RecordBreak() => (_refusals, _silences) = (1, 0);

    /// <summary>An attempt to open the stream has failed.</summary>
    public void RecordFailure(Exception e)
    {
        if (e is NodeControlException)
        {
            (IsGone, _refusals, _silences) = (IsGone || (_wasOpen && e is NodeControlException { Code: "unknown-room" }), 0, 0); // another process runs there
        }
        else if (Find(e) is { } error)
        {
            _refusals += error is SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable ? 1 : 0;
        }
        else if (e is OperationCanceledException or TimeoutException)
        {
            _silences++;
        }

        IsGone = IsGone || _refusals >= MinRefusals || _silences >= MinSilences;
    }

    private static SocketError? Find(Exception? e) => e is null ? null : e is SocketException socket ? socket.SocketErrorCode : Find(e.InnerException);
}
