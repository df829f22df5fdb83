using MeetOperator.Sfu.Egress;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The other end of a link, to which packets and messages are sent. Only the loop that owns the room calls it.</summary>
internal interface ILinkPeer : IPeerEgress
{
    /// <summary>The smoothed round trip in 100 ns ticks; 0 before the first measurement.</summary>
    long RoundTripTicks { get; }

    /// <summary>Queues a message of the link's ordered channel. A message with the same key that was not sent yet is replaced. False when there is no channel.</summary>
    bool TrySend(ReadOnlySpan<byte> message, ulong? key = null);
}
