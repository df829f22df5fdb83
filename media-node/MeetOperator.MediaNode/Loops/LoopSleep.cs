using MeetOperator.Native.Sockets;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// Whether the thread of a loop may be asleep, so that other loops wake it only then. The thread announces its sleep, and then looks for packets once more. Another loop makes its packets visible, and
/// then looks whether the thread sleeps. Each has a full fence between the two, so at least one of them sees what the other one has done. Safe for concurrent use.
/// </summary>
/// <param name="wake">Wakes the thread.</param>
internal sealed class LoopSleep(WakeSignal wake)
{
    private int _isAsleep;
    private long _wakes;

    /// <summary>How often other loops have woken the thread.</summary>
    public long Wakes => Volatile.Read(ref _wakes);

    /// <summary>Sleeps until a socket or another thread has something for the loop, unless another loop has just sent something.</summary>
    /// <param name="sockets">The sockets.</param>
    /// <param name="ticks">Maximum time to sleep.</param>
    /// <param name="links">The links to other loops.</param>
    /// <param name="untilWritable">The sockets that also end the sleep when they are writable, as for <see cref="UdpSocket.WaitAny"/>.</param>
    /// <param name="connections">The TCP connections; null for none.</param>
    public void Wait(ReadOnlySpan<UdpSocket> sockets, long ticks, LoopLinks links, int untilWritable = 0, SocketPoller? connections = null)
    {
        Begin();
        if (!links.HasNews)
        {
            UdpSocket.WaitAny(sockets, wake, TimeSpan.FromTicks(ticks), untilWritable, connections);
        }

        End();
    }

    /// <summary>Announces that the thread is about to sleep. It looks for packets after this.</summary>
    public void Begin() => Interlocked.Exchange(ref _isAsleep, 1);

    /// <summary>The thread is awake, and looks for packets before it sleeps again.</summary>
    public void End() => Volatile.Write(ref _isAsleep, 0);

    /// <summary>Wakes the thread if it may be asleep. Called after packets were made visible to it.</summary>
    public void WakeIfAsleep()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isAsleep) != 0)
        {
            Interlocked.Increment(ref _wakes);
            wake.Set();
        }
    }
}
