using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>One non-blocking connection: a TCP connection that was accepted, or one end of a pair inside this process. Not thread-safe.</summary>
public sealed unsafe class StreamSocket : IDisposable
{
    /// <summary>The result of a call that ended because the connection has ended.</summary>
    public const int Ended = -1;
    private const int TryAgain = 11;
    private const int Interrupted = 4;
    private int _descriptor;

    internal StreamSocket(int descriptor, in SocketLibrary.InternetAddress remote)
    {
        _descriptor = descriptor;
        var isIPv4 = remote.Family == SocketLibrary.InternetFamily;
        RemoteHigh = isIPv4 ? 0 : BinaryPrimitives.ReverseEndianness(remote.Address6High);
        RemoteLow = isIPv4 ? SocketAddresses.Mapped(BinaryPrimitives.ReverseEndianness(remote.Address4)) : BinaryPrimitives.ReverseEndianness(remote.Address6Low);
        RemotePort = BinaryPrimitives.ReverseEndianness(remote.Port);
    }

    private StreamSocket(int descriptor) => _descriptor = descriptor;

    /// <summary>Creates the two ends of a connection inside this process (socketpair). Writes to the near end are not blocking, and few bytes wait between the ends.</summary>
    /// <param name="unsentBytes">About how many bytes the kernel takes from the near end before the far one reads them.</param>
    /// <exception cref="Win32Exception">The process has no more file descriptors.</exception>
    public static (StreamSocket Near, Socket Far) CreatePair(int unsentBytes)
    {
        var ends = stackalloc int[2];
        if (SocketLibrary.SocketPair(SocketLibrary.LocalFamily, SocketLibrary.StreamType | SocketLibrary.CloseOnExec, 0, ends) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        var near = new StreamSocket(ends[0]);
        near.Set(SocketLibrary.SocketLevel, SocketLibrary.SendBuffer, unsentBytes);
        return (near, new Socket(new SafeSocketHandle(ends[1], ownsHandle: true)));
    }

    /// <summary>The first 64 bits of the other end's address in host order; 0 for IPv4, which has the IPv4-mapped form.</summary>
    public ulong RemoteHigh { get; }

    /// <summary>The last 64 bits.</summary>
    public ulong RemoteLow { get; }

    public ushort RemotePort { get; }

    internal int Descriptor => _descriptor;

    /// <summary>Prepares the connection for media: packets leave at once, and few bytes wait in the kernel, where nothing can overtake or drop them.</summary>
    /// <param name="unsentBytes">Bytes that the kernel takes beyond those that are under way.</param>
    /// <param name="timeout">How long the other end may leave data unacknowledged.</param>
    public void UseForMedia(int unsentBytes, TimeSpan timeout)
    {
        Set(SocketLibrary.TcpLevel, SocketLibrary.TcpNoDelay, 1);
        Set(SocketLibrary.TcpLevel, SocketLibrary.TcpNotSentLowWater, unsentBytes);
        Set(SocketLibrary.TcpLevel, SocketLibrary.TcpUserTimeout, (int)timeout.TotalMilliseconds);
    }

    /// <summary>Reads what has arrived. Returns its length, 0 when there is nothing, or <see cref="Ended"/>.</summary>
    public int Receive(Span<byte> buffer) => Receive(buffer, 0);

    /// <summary>As <see cref="Receive(Span{byte})"/>, and leaves it to be read again.</summary>
    public int Peek(Span<byte> buffer) => Receive(buffer, SocketLibrary.Peek);

    /// <summary>Sends up to three pieces of memory in their order. Returns how many bytes the kernel took, 0 when its buffer is full, or <see cref="Ended"/>.</summary>
    public long Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        fixed (byte* a = first, b = second, c = third)
        {
            var vectors = stackalloc SocketLibrary.IoVector[3];
            vectors[0] = new SocketLibrary.IoVector { Base = (nint)a, Length = (nuint)first.Length };
            vectors[1] = new SocketLibrary.IoVector { Base = (nint)b, Length = (nuint)second.Length };
            vectors[2] = new SocketLibrary.IoVector { Base = (nint)c, Length = (nuint)third.Length };
            var message = new SocketLibrary.MessageHeader { Vectors = (nint)vectors, VectorCount = 3 };
            return Result(SocketLibrary.Send(_descriptor, &message, SocketLibrary.DontWait | SocketLibrary.NoSignal));
        }
    }

    /// <summary>Ends the connection at once: the other end gets a reset, and the kernel keeps nothing.</summary>
    public void Abort()
    {
        var linger = stackalloc int[2] { 1, 0 };
        if (_descriptor >= 0)
        {
            _ = SocketLibrary.SetOption(_descriptor, SocketLibrary.SocketLevel, SocketLibrary.Linger, linger, 2 * sizeof(int));
        }

        Dispose();
    }

    /// <summary>Closes the connection. The kernel still delivers what it has taken.</summary>
    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = SocketLibrary.Close(_descriptor);
            _descriptor = -1;
        }
    }

    private int Receive(Span<byte> buffer, int flags)
    {
        fixed (byte* start = buffer)
        {
            var received = SocketLibrary.Receive(_descriptor, start, (nuint)buffer.Length, SocketLibrary.DontWait | flags);
            return received == 0 ? Ended : (int)Result(received);
        }
    }

    private static long Result(nint bytes) => bytes >= 0 ? bytes : Marshal.GetLastPInvokeError() is TryAgain or Interrupted ? 0 : Ended;

    private void Set(int level, int name, int value) => _ = SocketLibrary.SetOption(_descriptor, level, name, &value, sizeof(int));
}
