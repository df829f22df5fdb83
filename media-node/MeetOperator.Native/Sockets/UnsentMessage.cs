namespace MeetOperator.Native.Sockets;

/// <summary>A message that did not fit in the kernel's send buffer.</summary>
/// <param name="Data">Address of its bytes.</param>
/// <param name="Length">Bytes of all its datagrams together.</param>
/// <param name="SegmentBytes">Bytes of each datagram; the last may be shorter.</param>
/// <param name="AddressHigh">The first 64 bits of the destination's address in host order; 0 for IPv4.</param>
/// <param name="AddressLow">The last 64 bits; for IPv4 in the IPv4-mapped form.</param>
/// <param name="Port">UDP port.</param>
public readonly record struct UnsentMessage(nint Data, int Length, int SegmentBytes, ulong AddressHigh, ulong AddressLow, ushort Port)
{
    public bool IsIPv4 => SocketAddresses.IsIPv4(AddressHigh, AddressLow);

    public int Datagrams => (Length + SegmentBytes - 1) / SegmentBytes;
}
