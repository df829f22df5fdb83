using System.Net.Sockets;
using MeetOperator.NodeControl;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// Decides from the attempts to read the events of a room whether its media node is gone, before the operator knows, and when those who have left it may return. A wrong answer moves
/// participants to a linked node, without a break. A process that stands still, or is slow because its machine is busy, is not gone: the kernel of its machine keeps the stream open, and accepts
/// connections. Pure: the time since a fixed moment is passed in. Not thread-safe.
/// </summary>
/// <param name="returnDelay">How long the stream must last after the first wrong answer. After each further one it is twice as long, up to <see cref="MaxFactor"/> times as long.</param>
internal sealed class RoomReach(TimeSpan returnDelay)
{
    /// <summary>The longest delay, as a multiple of the first one.</summary>
    public const int MaxFactor = 16;

    /// <summary>After this time without another wrong answer, the delay is the first one again.</summary>
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    /// <summary>A process that is killed, and a machine that is lost, first end the stream, which counts as the first failure. One failure alone may be lost packets.</summary>
    private const int MinFailures = 2;
    private bool _wasOpen;
    private int _failures;
    private TimeSpan _delay;

    /// <summary>When the node last came back.</summary>
    private TimeSpan _back;

    /// <summary>
    /// Whether the node refuses a connection, or its machine does not answer, after the stream of events has ended or repeatedly; or whether it no longer has the room that it had. Stays
    /// true until the stream is open again.
    /// </summary>
    public bool IsGone { get; private set; }

    /// <summary>
    /// When the stream will have lasted long enough for those to return who have left the node while it was gone: otherwise they would move to and fro with each fault of a bad line.
    /// <see cref="TimeSpan.Zero"/> if the node has not been gone since the stream was open for the first time, <see cref="TimeSpan.MaxValue"/> while the stream is interrupted.
    /// </summary>
    public TimeSpan SteadyAt { get; private set; }

    /// <summary>The stream is open: an event has arrived.</summary>
    public void RecordAnswer(TimeSpan now)
    {
        if (IsGone && _wasOpen)
        {
            var isFirst = _delay == TimeSpan.Zero || now - _back >= ForgetAfter;
            _delay = isFirst ? returnDelay : _delay * 2 < returnDelay * MaxFactor ? _delay * 2 : returnDelay * MaxFactor;
            (_back, SteadyAt) = (now, now + _delay);
        }
        else if (SteadyAt == TimeSpan.MaxValue)
        {
            SteadyAt = now + _delay;
        }

        (IsGone, _wasOpen, _failures) = (false, true, 0);
    }

    /// <summary>The stream was open and has ended.</summary>
    public void RecordBreak(TimeSpan now)
    {
        _failures = 1;
        SteadyAt = now < SteadyAt ? TimeSpan.MaxValue : TimeSpan.Zero;
    }

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
