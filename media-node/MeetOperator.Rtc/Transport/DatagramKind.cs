namespace MeetOperator.Rtc;

/// <summary>What became of a datagram.</summary>
public enum DatagramKind : byte
{
    /// <summary>Not for us, or not authentic; see the drop reason.</summary>
    Dropped,

    /// <summary>STUN or DTLS: consumed, look at the outputs.</summary>
    Handled,

    /// <summary>The buffer now starts with a plaintext RTP packet.</summary>
    Rtp,

    /// <summary>The buffer now starts with a plaintext compound RTCP packet.</summary>
    Rtcp,
}
