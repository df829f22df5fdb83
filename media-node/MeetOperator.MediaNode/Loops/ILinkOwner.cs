using MeetOperator.Relay.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The owner of a link. The link calls it on the loop's thread. An exception ends the link only.</summary>
internal interface ILinkOwner
{
    /// <summary>Processes one unencrypted RTP packet.</summary>
    /// <param name="nowTicks">When the batch was read, in monotonic ticks.</param>
    /// <param name="packet">The packet, which may be changed in place.</param>
    /// <param name="arrivalTicks">When the kernel received the packet. Only measurements use it.</param>
    ReceivedMedia OnRtp(long nowTicks, Span<byte> packet, long arrivalTicks);

    /// <summary>Processes one unencrypted RTCP compound packet about media.</summary>
    void OnRtcp(long nowTicks, ReadOnlySpan<byte> packet, long arrivalTicks);

    /// <summary>Processes the next message of the ordered channel. It is valid until the method returns.</summary>
    void OnMessage(long nowTicks, ReadOnlySpan<byte> message);

    /// <summary>A new ordered channel has opened: everything of the former one is void at both ends, and the owner sends its full state.</summary>
    void OnChannelOpened(long nowTicks);

    /// <summary>The state of the link has changed. Not called when the owner closes the link.</summary>
    void OnStateChanged(long nowTicks, LinkState state);

    /// <summary>Runs the timers of the owner. Returns when to call again; <see cref="long.MaxValue"/> for not before something happens.</summary>
    long HandleTimeout(long nowTicks);

    /// <summary>Called after an unexpected error, when no method of the link is on the call stack. The loop then removes the link.</summary>
    void OnFailure();
}
