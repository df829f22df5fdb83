using MeetOperator.MediaNode.Loops;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Streams;

/// <summary>
/// An authentic connection on its way from the TCP port to the loop of its session. Either the loop takes it, or the port takes it back, because the loop stands still or has ended. Safe for concurrent use.
/// </summary>
/// <param name="socket">The connection, which belongs to whoever takes it.</param>
/// <param name="address">Its other end, with the number of the connection.</param>
/// <param name="place">Its place, to be disposed with the connection.</param>
/// <param name="deadlineTicks">When the port takes it back.</param>
internal sealed class StreamHandOver(StreamSocket socket, TransportAddress address, IDisposable place, long deadlineTicks)
{
    private int _isTaken;

    public StreamSocket Socket => socket;

    public IDisposable Place => place;

    public long DeadlineTicks => deadlineTicks;

    public bool IsTaken => Volatile.Read(ref _isTaken) != 0;

    /// <summary>True for the first caller, which then owns the connection.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    /// <summary>Gives the connection to its session, unless the port has taken it back. To be called on the loop's thread.</summary>
    public void Open(UfragDirectory.Entry session)
    {
        if (TryTake())
        {
            session.Loop.Streams.Open(socket, address, session.Ufrag, place.Dispose);
        }
    }
}
