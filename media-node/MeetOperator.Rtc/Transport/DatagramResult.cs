using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Transport;

/// <summary>The result of <see cref="PeerTransport.HandleDatagram"/>.</summary>
/// <param name="Kind">The kind of the result.</param>
/// <param name="Length">For RTP and RTCP, the length of the decrypted packet at the start of the buffer.</param>
/// <param name="DropReason">Set when <paramref name="Kind"/> is <see cref="DatagramKind.Dropped"/>.</param>
public readonly record struct DatagramResult(DatagramKind Kind, int Length, DropReason DropReason)
{
    public static DatagramResult Handled { get; } = new(DatagramKind.Handled, 0, DropReason.None);

    public static DatagramResult Dropped(DropReason reason) => new(DatagramKind.Dropped, 0, reason);

    public static DatagramResult Rtp(int length) => new(DatagramKind.Rtp, length, DropReason.None);

    public static DatagramResult Rtcp(int length) => new(DatagramKind.Rtcp, length, DropReason.None);
}
