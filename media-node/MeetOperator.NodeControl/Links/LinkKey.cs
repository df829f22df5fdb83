using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.NodeControl.Links;

/// <summary>A secret of a link and its number. Its text has no key material.</summary>
public sealed record LinkKey
{
    /// <summary>Length of a secret in bytes.</summary>
    public const int SecretBytes = 32;

    /// <summary>The number of the secret, at least 1. A higher one is newer.</summary>
    public required ushort Epoch { get; init; }

    /// <summary>
    /// The 32 bytes in base64. Null keeps the secret that the node has for this epoch, and does nothing when it has none: a new leader of the operator renews links
    /// whose former secrets it does not know.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>Decodes the secret. False when there is none or it is not base64 of 32 bytes.</summary>
    public bool TryDecode([NotNullWhen(true)] out byte[]? secret)
    {
        var bytes = new byte[SecretBytes];
        secret = Secret is { Length: <= 2 * SecretBytes } && Convert.TryFromBase64String(Secret, bytes, out var written) && written == SecretBytes ? bytes : null;
        return secret is not null;
    }

    /// <summary>Omits the secret so that it cannot get into a log.</summary>
    public override string ToString() => $"{nameof(LinkKey)} {Epoch}";
}
