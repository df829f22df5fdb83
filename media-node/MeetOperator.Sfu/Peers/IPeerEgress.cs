namespace MeetOperator.Sfu.Peers;

/// <summary>Where a peer's packets leave. Called by the loop that owns the room, never concurrently; the spans are only valid during the call.</summary>
public interface IPeerEgress
{
    /// <summary>Whether the peer can be reached. What is sent before is lost.</summary>
    bool IsReady { get; }

    /// <summary>Sends one RTP packet. Allocates nothing.</summary>
    /// <returns>The packet as it leaves, encrypted; valid until the next call, empty when it does not leave.</returns>
    ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload);

    /// <summary>Sends once more what <see cref="SendRtp"/> returned, byte for byte.</summary>
    void SendAgain(ReadOnlySpan<byte> packet);

    /// <summary>Sends one compound RTCP packet.</summary>
    void SendRtcp(ReadOnlySpan<byte> compound);

    /// <summary>An unexpected error in the work for this peer, found while somebody else's packet was at hand: this peer ends, and nobody else.</summary>
    void Fail(Exception error);
}
