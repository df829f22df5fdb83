namespace MeetOperator.Sdp.Negotiation;

/// <summary>The media node's side of a transport. The media node is always ICE-lite and DTLS server.</summary>
public sealed record LocalTransport
{
    public required string Ufrag { get; init; }
    public required string Password { get; init; }

    /// <summary>SHA-256 fingerprint of the certificate in colon-separated hexadecimal.</summary>
    public required string Fingerprint { get; init; }
    public required IReadOnlyList<IceCandidate> Candidates { get; init; }
}
