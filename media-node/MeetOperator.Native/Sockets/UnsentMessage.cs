namespace MeetOperator.Native.Sockets;

/// <summary>A message that did not fit in the kernel's send buffer.</summary>
/// <param name="Data">Address of its bytes.</param>
/// <param name="Length">Bytes of all its datagrams together.</param>
/// <param name="SegmentBytes">Bytes of each datagram; the last may be shorter.</param>
/// <param name="Address">IPv4 destination in host order.</param>
/// <param name="Port">UDP port.</param>
public readonly record struct UnsentMessage(nint Data, int Length, int SegmentBytes, uint Address, ushort Port)
{
    public int Datagrams => (Length + SegmentBytes - 1) / SegmentBytes;
}
