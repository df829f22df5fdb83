using MeetOperator.Relay.Framing;

namespace MeetOperator.Relay.Transport;

/// <summary>The result of <see cref="LinkTransport.Handle"/>.</summary>
/// <param name="Kind">The kind of the result.</param>
/// <param name="Length">For RTP and RTCP, the length in bytes of the decrypted packet, which starts at <see cref="LinkDatagram.HeaderLength"/> in the datagram.</param>
/// <param name="DropReason">Set when <paramref name="Kind"/> is <see cref="LinkReceivedKind.Dropped"/>.</param>
public readonly record struct LinkReceived(LinkReceivedKind Kind, int Length, LinkDropReason DropReason)
{
    internal static LinkReceived Handled { get; } = new(LinkReceivedKind.Handled, 0, LinkDropReason.None);

    internal static LinkReceived Dropped(LinkDropReason reason) => new(LinkReceivedKind.Dropped, 0, reason);
}
