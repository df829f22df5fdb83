using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MeetOperator.Native.Sockets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// Makes a socket send through UDP-Lite (RFC 3828) until it is disposed. The kernel then rejects segmented messages with EIO and accepts single datagrams, as with a device or
/// an IPsec route that does not support segmentation.
/// </summary>
internal sealed partial class RejectingDevice : IDisposable
{
    private const int InternetFamily = 2;
    private const int Internet6Family = 10;
    private const int DatagramType = 2;
    private const int UdpLite = 136;
    private readonly UdpSocket _socket;
    private readonly int _usual;

    public RejectingDevice(UdpSocket socket)
    {
        _socket = socket;
        _usual = Duplicate(Descriptor(socket));
        Replace(Open(socket.IsIPv6 ? Internet6Family : InternetFamily, DatagramType, UdpLite));
    }

    public void Dispose() => Replace(_usual);

    private void Replace(int by)
    {
        Assert.True(by >= 0 && DuplicateTo(by, Descriptor(_socket)) >= 0, $"errno {Marshal.GetLastPInvokeError()}");
        _ = Close(by);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_descriptor")]
    private static extern ref int Descriptor(UdpSocket socket);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Open(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int DuplicateTo(int descriptor, int number);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
