namespace MeetOperator.Rtc;

/// <summary>What <see cref="PeerTransport.HandleDatagram"/> made of a datagram.</summary>
/// <param name="Kind">Whose data it was.</param>
/// <param name="Length">Bytes of plaintext at the start of the buffer, for RTP and RTCP.</param>
/// <param name="DropReason">Set when <paramref name="Kind"/> is <see cref="DatagramKind.Dropped"/>.</param>
public readonly record struct DatagramResult(DatagramKind Kind, int Length, DropReason DropReason)
{
    public static DatagramResult Handled { get; } = new(DatagramKind.Handled, 0, DropReason.None);

    public static DatagramResult Dropped(DropReason reason) => new(DatagramKind.Dropped, 0, reason);

    public static DatagramResult Rtp(int length) => new(DatagramKind.Rtp, length, DropReason.None);

    public static DatagramResult Rtcp(int length) => new(DatagramKind.Rtcp, length, DropReason.None);
}
