namespace MeetOperator.Native.Sockets;

/// <summary>A message that the kernel had no room for.</summary>
/// <param name="Data">Where its bytes are.</param>
/// <param name="Length">Bytes of all its datagrams together.</param>
/// <param name="SegmentBytes">Bytes of each datagram but perhaps the last.</param>
/// <param name="Address">IPv4 destination in host order.</param>
/// <param name="Port">UDP port.</param>
public readonly record struct UnsentMessage(nint Data, int Length, int SegmentBytes, uint Address, ushort Port)
{
    public int Datagrams => (Length + SegmentBytes - 1) / SegmentBytes;
}
