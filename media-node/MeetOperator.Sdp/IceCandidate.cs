namespace MeetOperator.Sdp;

/// <summary>A host candidate of the media node: UDP, or TCP that clients connect to (RFC 6544, passive).</summary>
public readonly record struct IceCandidate(string Address, int Port, bool IsTcp = false)
{
    /// <summary>The direction preference of a passive TCP host candidate (RFC 6544 §4.2).</summary>
    private const uint PassivePreference = 4u << 13;

    /// <summary>
    /// The value of <c>a=candidate</c>. The priority uses type preference 126 for UDP (RFC 8445 §5.1.2) and 90 for TCP, as browsers do, so that UDP is preferred.
    /// </summary>
    public string ToAttributeValue(int index) => IsTcp
        ? $"{index + 1} 1 tcp {(90u << 24) | ((PassivePreference | (8191u - (uint)index)) << 8) | 255u} {Address} {Port} typ host tcptype passive"
        : $"{index + 1} 1 udp {(126u << 24) | ((65535u - (uint)index) << 8) | 255u} {Address} {Port} typ host";
}
