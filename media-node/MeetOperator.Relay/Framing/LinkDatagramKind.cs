namespace MeetOperator.Relay.Framing;

/// <summary>What a link datagram carries: its second byte.</summary>
public enum LinkDatagramKind : byte
{
    /// <summary>The opener asks for a session.</summary>
    Hello = 1,

    /// <summary>The acceptor answers a hello with its nonce.</summary>
    Accept = 2,

    /// <summary>The opener returns the acceptor's nonce, which opens the session.</summary>
    Confirm = 3,

    /// <summary>An SRTP packet.</summary>
    Rtp = 4,

    /// <summary>An SRTCP compound packet: reports and feedback of media, or control packets of the link.</summary>
    Rtcp = 5,
}
