namespace MeetOperator.TurnControl;

/// <summary>What a relay accepts and where it may forward to (<c>PUT /v1/turn</c>). Secrets and peers replace all that the relay had before.</summary>
public sealed record TurnState
{
    /// <summary>The secrets with which credentials may have been made.</summary>
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>IP addresses of the media nodes. The relay forwards to no other address.</summary>
    public required IReadOnlyList<string> Peers { get; init; }

    /// <summary>
    /// PEM texts for TLS: the certificate followed by those of its authorities, and its private key. A relay with TLS takes them in place of those that it has; null leaves these. A certificate
    /// that is new to the relay must be valid, and the key must belong to it, otherwise the relay refuses the whole state with status 400.
    /// </summary>
    public string? Certificate { get; init; }

    /// <inheritdoc cref="Certificate"/>
    public string? PrivateKey { get; init; }

    /// <summary>Omits the secrets so that they cannot get into a log.</summary>
    public override string ToString() => nameof(TurnState);
}
