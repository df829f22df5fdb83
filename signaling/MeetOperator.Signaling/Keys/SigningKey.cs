using System.Security.Cryptography;

namespace MeetOperator.Signaling.Keys;

/// <summary>A secret that signs tokens. <see cref="Id"/> (the <c>kid</c>) is a truncated hash of the secret and does not reveal it.</summary>
public sealed class SigningKey
{
    public const int MinBytes = 32;

    public SigningKey(byte[] secret)
    {
        if (secret.Length < MinBytes)
        {
            throw new ArgumentException($"A signing key must have at least {MinBytes} bytes.", nameof(secret));
        }

        Secret = secret;
        Id = Convert.ToHexStringLower(SHA256.HashData([.. "kid:"u8, .. secret]))[..16];
    }

    public string Id { get; }

    internal byte[] Secret { get; }
}
