using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Native.Sockets;

/// <summary>
/// Converts addresses for the C library. Outside of it, an address is two numbers in host order, and an IPv4 address has the IPv4-mapped form
/// (::ffff:192.0.2.1, RFC 4291 §2.5.5.2), so one form serves both families.
/// </summary>
internal static class SocketAddresses
{
    private const ulong MappedPrefix = 0xFFFFUL << 32;

    /// <summary>The low half of the IPv4-mapped form; the high half is 0.</summary>
    internal static ulong Mapped(uint address4) => MappedPrefix | address4;

    internal static bool IsIPv4(ulong high, ulong low) => high == 0 && low >> 32 == MappedPrefix >> 32;

    internal static SocketLibrary.InternetAddress Write(IPAddress address, int port)
    {
        var native = new SocketLibrary.InternetAddress { Port = BinaryPrimitives.ReverseEndianness((ushort)port) };
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            native.Family = SocketLibrary.InternetFamily;
            native.Address4 = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        }
        else
        {
            native.Family = SocketLibrary.Internet6Family;
            native.Address6High = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            native.Address6Low = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        }

        return native;
    }
}
