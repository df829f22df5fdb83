using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>A non-blocking listening TCP socket for IPv4 or IPv6. Not thread-safe.</summary>
public sealed unsafe class StreamListener : IDisposable
{
    /// <summary>Connections that the kernel keeps until they are accepted.</summary>
    private const int Backlog = 512;
    private int _descriptor;

    /// <param name="address">Local address. An IPv6 socket serves IPv6 only, so that an IPv4 socket can have the same port.</param>
    /// <param name="port">Local port; 0 lets the kernel choose.</param>
    /// <exception cref="Win32Exception">The address cannot be bound.</exception>
    public StreamListener(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        var isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        _descriptor = SocketLibrary.Socket(
            isIPv6 ? SocketLibrary.Internet6Family : SocketLibrary.InternetFamily, SocketLibrary.StreamType | SocketLibrary.NonBlocking | SocketLibrary.CloseOnExec, 0);
        if (_descriptor < 0)
        {
            throw Failure($"socket for {address}");
        }

        var on = 1;
        _ = SocketLibrary.SetOption(_descriptor, SocketLibrary.SocketLevel, SocketLibrary.ReuseAddress, &on, sizeof(int));
        if (isIPv6)
        {
            _ = SocketLibrary.SetOption(_descriptor, SocketLibrary.Internet6Level, SocketLibrary.Internet6Only, &on, sizeof(int));
        }

        var local = SocketAddresses.Write(address, port);
        var length = (uint)(isIPv6 ? SocketLibrary.InternetAddress.Length6 : SocketLibrary.InternetAddress.Length4);
        if (SocketLibrary.Bind(_descriptor, &local, length) < 0 || SocketLibrary.Listen(_descriptor, Backlog) < 0)
        {
            var failure = Failure($"listen on {new IPEndPoint(address, port)}");
            Dispose();
            throw failure;
        }

        _ = SocketLibrary.GetSocketName(_descriptor, &local, &length);
        Port = BinaryPrimitives.ReverseEndianness(local.Port);
    }

    public int Port { get; }

    internal int Descriptor => _descriptor;

    /// <summary>Takes a new connection. Null when there is none.</summary>
    /// <param name="isExhausted">Whether there is one that cannot be taken, because the process or the system has no more file descriptors or memory.</param>
    public StreamSocket? Accept(out bool isExhausted)
    {
        const int TryAgain = 11;
        const int MaxAborted = 64;
        SocketLibrary.InternetAddress from;
        for (var aborted = 0; ; aborted++)
        {
            var length = (uint)sizeof(SocketLibrary.InternetAddress);
            var descriptor = SocketLibrary.Accept(_descriptor, &from, &length, SocketLibrary.NonBlocking | SocketLibrary.CloseOnExec);
            if (descriptor >= 0)
            {
                isExhausted = false;
                return new StreamSocket(descriptor, from);
            }

            // An error can be that of one connection, which has ended before it was taken (accept(2)); the next call then returns another one.
            var error = Marshal.GetLastPInvokeError();
            if (error == TryAgain || aborted == MaxAborted)
            {
                isExhausted = error != TryAgain;
                return null;
            }
        }
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = SocketLibrary.Close(_descriptor);
            _descriptor = -1;
        }
    }

    private static Win32Exception Failure(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return new Win32Exception(error, $"{call}: {Marshal.GetPInvokeErrorMessage(error)}");
    }
}
