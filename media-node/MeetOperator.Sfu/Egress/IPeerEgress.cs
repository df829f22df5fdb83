namespace MeetOperator.Sfu.Egress;

/// <summary>Sends packets to a peer. Only the loop that owns the room calls it, never concurrently. The spans are valid only during the call.</summary>
public interface IPeerEgress
{
    /// <summary>Whether the peer can be reached. Packets that are sent earlier are lost.</summary>
    bool IsReady { get; }

    /// <summary>Whether the connection takes video.</summary>
    EgressPressure Pressure => EgressPressure.None;

    /// <summary>As <see cref="SendRtp"/>, for sound, which may overtake video.</summary>
    ReadOnlySpan<byte> SendAudio(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => SendRtp(header, payload);

    /// <summary>Sends one RTP packet. Allocates nothing.</summary>
    /// <returns>The encrypted packet, which is valid until the next call; empty when the packet was not sent.</returns>
    ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload);

    /// <summary>Sends a packet that <see cref="SendRtp"/> returned again, unchanged.</summary>
    void Retransmit(ReadOnlySpan<byte> packet);

    /// <summary>Sends one compound RTCP packet.</summary>
    void SendRtcp(ReadOnlySpan<byte> compound);

    /// <summary>Requests a call of the timers of this peer at <paramref name="ticks"/> or soon after it. An earlier request stays valid.</summary>
    void WakeAt(long ticks);

    /// <summary>Ends this peer after an unexpected error in the work for it. Other peers, such as the sender of the current packet, are not affected.</summary>
    void Fail(Exception error);
}
