using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>
/// Tells which of many TCP sockets are ready (epoll). Its cost does not grow with the number of sockets that are not ready. Each socket has a key, which the owner chooses. Not thread-safe.
/// </summary>
public sealed unsafe class SocketPoller : IDisposable
{
    private const uint In = 1;
    private const uint Out = 4;
    private const uint EdgeTriggered = 1u << 31;

    /// <summary>Only on x86-64 has struct epoll_event no padding.</summary>
    private static readonly int KeyOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = KeyOffset + sizeof(ulong);
    private readonly byte[] _events;
    private int _descriptor;

    /// <param name="capacity">Maximum number of sockets that one <see cref="Poll"/> returns.</param>
    public SocketPoller(int capacity)
    {
        Capacity = capacity;
        _events = GC.AllocateArray<byte>(capacity * EventBytes, pinned: true);
        _descriptor = SocketLibrary.EpollCreate(SocketLibrary.CloseOnExec);
        if (_descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    public int Capacity { get; }

    internal int Descriptor => _descriptor;

    /// <summary>Adds a socket, which is then ready when it can be read or has ended. It is removed when it is closed.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="key">Identifies it.</param>
    /// <param name="onlyNews">Whether it is ready only once for what has arrived, also if that is not read.</param>
    public void Add(StreamSocket socket, ulong key, bool onlyNews = false)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Control(SocketLibrary.EpollAdd, socket.Descriptor, key, In | (onlyNews ? EdgeTriggered : 0));
    }

    /// <summary>Adds a listening socket, which is then ready when it has a new connection.</summary>
    public void Add(StreamListener listener, ulong key)
    {
        ArgumentNullException.ThrowIfNull(listener);
        Control(SocketLibrary.EpollAdd, listener.Descriptor, key, In);
    }

    /// <summary>Adds a signal, which is then ready when it is set.</summary>
    public void Add(WakeSignal signal, ulong key)
    {
        ArgumentNullException.ThrowIfNull(signal);
        Control(SocketLibrary.EpollAdd, signal.Descriptor, key, In | EdgeTriggered);
    }

    /// <summary>Lets a socket be ready also when it can be written, or no longer.</summary>
    public void AwaitWritable(StreamSocket socket, ulong key, bool isAwaited)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Control(SocketLibrary.EpollModify, socket.Descriptor, key, isAwaited ? In | Out : In);
    }

    /// <summary>Removes a socket that another poller takes over.</summary>
    public void Remove(StreamSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Control(SocketLibrary.EpollDelete, socket.Descriptor, 0, 0);
    }

    /// <summary>Finds ready sockets. Returns their number; <see cref="Key"/> and <see cref="IsWritableOnly"/> describe them.</summary>
    /// <param name="atMost">How long to wait for one.</param>
    public int Poll(TimeSpan atMost)
    {
        fixed (byte* events = _events)
        {
            return Math.Max(0, SocketLibrary.EpollWait(_descriptor, events, Capacity, (int)Math.Ceiling(Math.Max(0, atMost.TotalMilliseconds))));
        }
    }

    /// <summary>The key with which the ready socket was added.</summary>
    public ulong Key(int index) => BitConverter.ToUInt64(_events, (index * EventBytes) + KeyOffset);

    /// <summary>Whether a ready socket can be written and has nothing to read.</summary>
    public bool IsWritableOnly(int index) => BitConverter.ToUInt32(_events, index * EventBytes) == Out;

    /// <summary>Whether a ready socket can be written.</summary>
    public bool IsWritable(int index) => (BitConverter.ToUInt32(_events, index * EventBytes) & Out) != 0;

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = SocketLibrary.Close(_descriptor);
            _descriptor = -1;
        }
    }

    private void Control(int operation, int descriptor, ulong key, uint events)
    {
        var pollEvent = stackalloc byte[16];
        BitConverter.TryWriteBytes(new Span<byte>(pollEvent, sizeof(uint)), events);
        BitConverter.TryWriteBytes(new Span<byte>(pollEvent + KeyOffset, sizeof(ulong)), key);
        if (SocketLibrary.EpollControl(_descriptor, operation, descriptor, pollEvent) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }
}
