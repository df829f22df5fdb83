using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>An eventfd that wakes the thread in <see cref="UdpSocket.Wait"/>. Any thread may set it.</summary>
public sealed unsafe class WakeSignal : IDisposable
{
    private int _descriptor = SocketLibrary.EventDescriptor(0, SocketLibrary.NonBlocking | SocketLibrary.CloseOnExec);

    public WakeSignal()
    {
        if (_descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    internal int Descriptor => _descriptor;

    /// <summary>Wakes the waiting thread. Safe to call from any thread. Does nothing after <see cref="Dispose"/>.</summary>
    public void Set()
    {
        ulong one = 1;
        var descriptor = _descriptor;
        if (descriptor >= 0)
        {
            // EAGAIN means that the counter is full. The waiter wakes in that case too.
            _ = SocketLibrary.Write(descriptor, &one, sizeof(ulong));
        }
    }

    internal void Clear()
    {
        ulong count;
        _ = SocketLibrary.Read(_descriptor, &count, sizeof(ulong));
    }

    public void Dispose()
    {
        var descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            _ = SocketLibrary.Close(descriptor);
        }
    }
}
