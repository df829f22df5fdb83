namespace MeetOperator.Sfu.Peers;

/// <summary>Where a peer's packets leave. Called by the loop that owns the room, never concurrently; the spans are only valid during the call.</summary>
public interface IPeerEgress
{
    /// <summary>Whether the peer can be reached. What is sent before is lost.</summary>
    bool IsReady { get; }

    /// <summary>Sends one RTP packet. Allocates nothing.</summary>
    void SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload);

    /// <summary>Sends one compound RTCP packet.</summary>
    void SendRtcp(ReadOnlySpan<byte> compound);
}
