namespace MeetOperator.Sdp;

/// <summary>A UDP host candidate of the media node.</summary>
public readonly record struct IceCandidate(string Address, int Port)
{
    /// <summary>The value of <c>a=candidate</c>. The priority uses type preference 126 for host candidates (RFC 8445 §5.1.2).</summary>
    public string ToAttributeValue(int index) =>
        $"{index + 1} 1 udp {(126u << 24) | ((65535u - (uint)index) << 8) | 255u} {Address} {Port} typ host";
}
