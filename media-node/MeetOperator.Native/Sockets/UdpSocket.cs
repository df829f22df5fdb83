using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>A non-blocking UDP socket for IPv4 or IPv6. Not thread-safe.</summary>
public sealed unsafe class UdpSocket : IDisposable
{
    // enum sk_meminfo_vars (linux/sock_diag.h): SK_MEMINFO_DROPS is the ninth value.
    private const int DropsIndex = 8;

    /// <summary>Maximum number of sockets of one wait: one for each family.</summary>
    public const int MaximumWait = 2;
    private int _descriptor;

    /// <param name="address">Local address. An IPv6 socket serves IPv6 only, so that an IPv4 socket can have the same port.</param>
    /// <param name="port">Local port; 0 lets the kernel choose.</param>
    /// <param name="bufferBytes">Requested size of both kernel buffers in bytes. The kernel may grant less (net.core.rmem_max, net.core.wmem_max).</param>
    public UdpSocket(IPAddress address, int port, int bufferBytes)
    {
        ArgumentNullException.ThrowIfNull(address);
        IsIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        _descriptor = SocketLibrary.Socket(
            IsIPv6 ? SocketLibrary.Internet6Family : SocketLibrary.InternetFamily, SocketLibrary.DatagramType | SocketLibrary.NonBlocking | SocketLibrary.CloseOnExec, 0);
        if (_descriptor < 0)
        {
            throw Failure($"socket for {address}");
        }

        Set(SocketLibrary.SocketLevel, SocketLibrary.ReceiveBuffer, bufferBytes);
        Set(SocketLibrary.SocketLevel, SocketLibrary.SendBuffer, bufferBytes);

        // Without it, datagrams have the time at which their batch is read.
        Set(SocketLibrary.SocketLevel, SocketLibrary.TimestampNanoseconds, 1);
        if (IsIPv6)
        {
            Set(SocketLibrary.Internet6Level, SocketLibrary.Internet6Only, 1);
        }

        var local = SocketAddresses.Write(address, port);
        var length = (uint)(IsIPv6 ? SocketLibrary.InternetAddress.Length6 : SocketLibrary.InternetAddress.Length4);
        if (SocketLibrary.Bind(_descriptor, &local, length) < 0)
        {
            var failure = Failure($"bind {new IPEndPoint(address, port)}");
            Dispose();
            throw failure;
        }

        _ = SocketLibrary.GetSocketName(_descriptor, &local, &length);
        Port = BinaryPrimitives.ReverseEndianness(local.Port);
    }

    public bool IsIPv6 { get; }

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
    public bool Wait(WakeSignal wake, TimeSpan atMost, bool untilWritable = false) => WaitAny([this], wake, atMost, untilWritable ? 1 : 0);

    /// <summary>As <see cref="Wait"/>, for any of up to <see cref="MaximumWait"/> sockets.</summary>
    /// <param name="sockets">The sockets.</param>
    /// <param name="wake">Ends the wait.</param>
    /// <param name="atMost">Maximum time to wait.</param>
    /// <param name="untilWritable">Bit i also ends the wait when socket i is writable. Sockets with nothing to send are always writable, so their bit must be 0.</param>
    /// <param name="connections">Also ends the wait when one of these connections is ready; null for none.</param>
    public static bool WaitAny(ReadOnlySpan<UdpSocket> sockets, WakeSignal wake, TimeSpan atMost, int untilWritable = 0, SocketPoller? connections = null)
    {
        ArgumentNullException.ThrowIfNull(wake);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sockets.Length, MaximumWait);
        var entries = stackalloc SocketLibrary.PollEntry[MaximumWait + 2];
        entries[0] = new SocketLibrary.PollEntry { Descriptor = wake.Descriptor, Events = SocketLibrary.PollIn };
        for (var i = 0; i < sockets.Length; i++)
        {
            var events = (untilWritable >> i & 1) == 0 ? SocketLibrary.PollIn : SocketLibrary.PollIn | SocketLibrary.PollOut;
            entries[i + 1] = new SocketLibrary.PollEntry { Descriptor = sockets[i]._descriptor, Events = (short)events };
        }

        var count = sockets.Length + 1;
        if (connections is not null)
        {
            entries[count++] = new SocketLibrary.PollEntry { Descriptor = connections.Descriptor, Events = SocketLibrary.PollIn };
        }

        var ticks = Math.Max(0, atMost.Ticks);
        var timeout = new SocketLibrary.TimeSpec
        {
            Seconds = ticks / TimeSpan.TicksPerSecond,
            Nanoseconds = ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };
        if (SocketLibrary.Poll(entries, (nuint)count, &timeout, null) <= 0)
        {
            return false;
        }

        if (entries[0].Returned != 0)
        {
            wake.Clear();
        }

        var isReadable = false;
        for (var i = 1; i < count; i++)
        {
            isReadable |= (entries[i].Returned & ~SocketLibrary.PollOut) != 0;
        }

        return isReadable;
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = SocketLibrary.Close(_descriptor);
            _descriptor = -1;
        }
    }

    private void Set(int level, int name, int value) => _ = SocketLibrary.SetOption(_descriptor, level, name, &value, sizeof(int));

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
