using MeetOperator.NodeControl.Security;

namespace MeetOperator.NodeControl;

/// <summary>The credentials that a media node uses. The operator compares them with its own state to decide whether the node needs new ones.</summary>
public sealed record CredentialReport
{
    /// <summary>Name of the certificate authority that signed the node's certificate.</summary>
    public required string Issuer { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset Until { get; init; }

    /// <summary>Thumbprints of the certificate authorities that the node trusts, sorted.</summary>
    public required IReadOnlyList<string> Authorities { get; init; }

    public static CredentialReport Of(ControlCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return new CredentialReport { Issuer = credentials.Certificate.Issuer, From = credentials.ValidFrom, Until = credentials.ValidUntil, Authorities = credentials.Authorities };
    }
}
