namespace MeetOperator.Sdp.Negotiation;

/// <summary>This node's side of one transport: always ICE-lite and DTLS server.</summary>
public sealed record LocalTransport
{
    public required string Ufrag { get; init; }
    public required string Password { get; init; }

    /// <summary>SHA-256 of the certificate as colon-separated hexadecimal.</summary>
    public required string Fingerprint { get; init; }
    public required IReadOnlyList<IceCandidate> Candidates { get; init; }
}
