namespace MeetOperator.NodeControl;

/// <summary>What a media node says of its credentials, by which the operator finds out whether it needs new ones.</summary>
public sealed record CredentialReport
{
    /// <summary>Name of the authority that signed the node's certificate.</summary>
    public required string Issuer { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset Until { get; init; }

    /// <summary>Thumbprints of the authorities that it trusts, in order.</summary>
    public required IReadOnlyList<string> Authorities { get; init; }

    public static CredentialReport Of(ControlCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return new CredentialReport { Issuer = credentials.Certificate.Issuer, From = credentials.From, Until = credentials.Until, Authorities = credentials.Authorities };
    }
}
