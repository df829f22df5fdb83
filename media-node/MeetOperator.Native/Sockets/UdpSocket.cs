using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>A non-blocking IPv4 UDP socket. Not thread-safe.</summary>
public sealed unsafe class UdpSocket : IDisposable
{
    // enum sk_meminfo_vars (linux/sock_diag.h): SK_MEMINFO_DROPS is the ninth value.
    private const int DropsIndex = 8;
    private int _descriptor;

    /// <param name="address">Local address.</param>
    /// <param name="port">Local port; 0 lets the kernel choose.</param>
    /// <param name="bufferBytes">Requested size of both kernel buffers in bytes. The kernel may grant less (net.core.rmem_max, net.core.wmem_max).</param>
    public UdpSocket(IPAddress address, int port, int bufferBytes)
    {
        _descriptor = SocketLibrary.Socket(SocketLibrary.InternetFamily, SocketLibrary.DatagramType | SocketLibrary.NonBlocking | SocketLibrary.CloseOnExec, 0);
        if (_descriptor < 0)
        {
            throw Failure("socket");
        }

        Span<byte> bytes = stackalloc byte[4];
        if (!address.TryWriteBytes(bytes, out var written) || written != 4)
        {
            throw new ArgumentException($"{address} is not an IPv4 address.", nameof(address));
        }

        var local = new SocketLibrary.InternetAddress
        {
            Family = SocketLibrary.InternetFamily,
            Port = BinaryPrimitives.ReverseEndianness((ushort)port),
            Address = BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        };
        _ = SocketLibrary.SetOption(_descriptor, SocketLibrary.SocketLevel, SocketLibrary.ReceiveBuffer, &bufferBytes, sizeof(int));
        _ = SocketLibrary.SetOption(_descriptor, SocketLibrary.SocketLevel, SocketLibrary.SendBuffer, &bufferBytes, sizeof(int));

        // Without it, datagrams have the time at which their batch is read.
        var on = 1;
        _ = SocketLibrary.SetOption(_descriptor, SocketLibrary.SocketLevel, SocketLibrary.TimestampNanoseconds, &on, sizeof(int));
        if (SocketLibrary.Bind(_descriptor, &local, (uint)sizeof(SocketLibrary.InternetAddress)) < 0)
        {
            var failure = Failure($"bind {address}:{port}");
            Dispose();
            throw failure;
        }

        var length = (uint)sizeof(SocketLibrary.InternetAddress);
        _ = SocketLibrary.GetSocketName(_descriptor, &local, &length);
        Port = BinaryPrimitives.ReverseEndianness(local.Port);
    }

    public int Port { get; }

    internal int Descriptor => _descriptor;

    /// <summary>Datagrams that the kernel has dropped because the receive buffer was full, since the socket was opened.</summary>
    public uint KernelDrops => MemoryInfo(DropsIndex);

    /// <summary>Whether the kernel supports UDP_SEGMENT (Linux 4.18 and newer).</summary>
    public bool SupportsSegmentation
    {
        get
        {
            int value;
            var length = (uint)sizeof(int);
            return SocketLibrary.GetOption(_descriptor, SocketLibrary.UdpLevel, SocketLibrary.UdpSegment, &value, &length) == 0;
        }
    }

    /// <summary>Waits until a datagram arrives, <paramref name="wake"/> is set, or the time has passed.</summary>
    /// <param name="wake">Ends the wait from another thread.</param>
    /// <param name="atMost">Maximum time to wait.</param>
    /// <param name="untilWritable">Also ends the wait when the socket is writable.</param>
    /// <returns>True when a datagram can be read.</returns>
    public bool Wait(WakeSignal wake, TimeSpan atMost, bool untilWritable = false)
    {
        var entries = stackalloc SocketLibrary.PollEntry[2];
        var events = untilWritable ? SocketLibrary.PollIn | SocketLibrary.PollOut : SocketLibrary.PollIn;
        entries[0] = new SocketLibrary.PollEntry { Descriptor = _descriptor, Events = (short)events };
        entries[1] = new SocketLibrary.PollEntry { Descriptor = wake.Descriptor, Events = SocketLibrary.PollIn };
        var ticks = Math.Max(0, atMost.Ticks);
        var timeout = new SocketLibrary.TimeSpec
        {
            Seconds = ticks / TimeSpan.TicksPerSecond,
            Nanoseconds = ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };
        if (SocketLibrary.Poll(entries, 2, &timeout, null) <= 0)
        {
            return false;
        }

        if (entries[1].Returned != 0)
        {
            wake.Clear();
        }

        return (entries[0].Returned & ~SocketLibrary.PollOut) != 0;
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = SocketLibrary.Close(_descriptor);
            _descriptor = -1;
        }
    }

    private uint MemoryInfo(int index)
    {
        var values = stackalloc uint[DropsIndex + 1];
        var length = (uint)((DropsIndex + 1) * sizeof(uint));
        return SocketLibrary.GetOption(_descriptor, SocketLibrary.SocketLevel, SocketLibrary.MemoryInfo, values, &length) == 0 ? values[index] : 0;
    }

    private static Win32Exception Failure(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return new Win32Exception(error, $"{call}: {Marshal.GetPInvokeErrorMessage(error)}");
    }
}
