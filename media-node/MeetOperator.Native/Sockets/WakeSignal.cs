using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>An eventfd by which any thread wakes the one that waits in <see cref="UdpSocket.Wait"/>.</summary>
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

    /// <summary>May be called from any thread, also after <see cref="Dispose"/> (then it does nothing).</summary>
    public void Set()
    {
        ulong one = 1;
        var descriptor = _descriptor;
        if (descriptor >= 0)
        {
            // A full counter (EAGAIN) means that the waiter wakes anyway.
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
