using MeetOperator.Sfu.Egress;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The other end of a link, as its owner uses it. Used on the loop's thread.</summary>
internal interface ILinkPeer : IPeerEgress
{
    /// <summary>The smoothed round trip in 100 ns ticks; 0 before the first measurement.</summary>
    long RoundTripTicks { get; }

    /// <summary>
    /// Whether messages that can wait may be sent now. False while the queue is long, so that they cannot fill it, and while the other media node does not answer.
    /// </summary>
    bool HasRoom { get; }

    /// <summary>
    /// Queues a message of the ordered channel. False when there is no channel, or when a limit of the channel is reached: a new channel then opens, and the owner sends its full
    /// state.
    /// </summary>
    /// <param name="message">1 to 1,000 bytes.</param>
    /// <param name="key">A message with the same key that was not sent yet is superseded; null for none.</param>
    bool TrySend(ReadOnlySpan<byte> message, ulong? key = null);
}
