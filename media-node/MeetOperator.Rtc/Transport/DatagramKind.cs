namespace MeetOperator.Rtc.Transport;

/// <summary>The result of processing a datagram.</summary>
public enum DatagramKind : byte
{
    /// <summary>The datagram was invalid or not authentic; see the drop reason.</summary>
    Dropped,

    /// <summary>STUN or DTLS: the transport consumed it. Poll the outputs.</summary>
    Handled,

    /// <summary>The buffer now starts with a decrypted RTP packet.</summary>
    Rtp,

    /// <summary>The buffer now starts with a decrypted compound RTCP packet.</summary>
    Rtcp,
}
