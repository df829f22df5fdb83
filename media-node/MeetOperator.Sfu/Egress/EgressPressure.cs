namespace MeetOperator.Sfu.Egress;

/// <summary>Whether the connection to a peer takes video. A datagram connection takes everything; what its line does not take is lost.</summary>
public enum EgressPressure
{
    /// <summary>It takes everything.</summary>
    None,

    /// <summary>No video begins. A key frame that has begun goes on.</summary>
    Congested,

    /// <summary>It takes no video.</summary>
    Full,
}
