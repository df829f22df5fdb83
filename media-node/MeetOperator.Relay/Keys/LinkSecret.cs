using System.Security.Cryptography;

namespace MeetOperator.Relay.Keys;

/// <summary>
/// One secret of a link: 32 bytes that the operator makes and gives to both ends. An instance belongs to one link. Renewal adds one with the next epoch and later removes the former. Its text has no key
/// material. Not thread-safe.
/// </summary>
public sealed class LinkSecret : IDisposable
{
    /// <summary>Length of a secret in bytes.</summary>
    public const int Length = 32;

    private readonly byte[] _secret;
    private readonly byte[] _macKey = new byte[LinkKeySchedule.MacKeyLength];

    /// <summary>Copies the secret. Throws when it does not have 32 bytes.</summary>
    public LinkSecret(ushort epoch, ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(secret.Length, Length, nameof(secret));
        Epoch = epoch;
        _secret = secret.ToArray();
    }

    /// <summary>The number of the secret; a higher one is newer.</summary>
    public ushort Epoch { get; }

    internal ReadOnlySpan<byte> Bytes => _secret;

    /// <summary>The key that authenticates the handshake of the link that <see cref="Bind"/> was called for.</summary>
    internal ReadOnlySpan<byte> MacKey => _macKey;

    /// <summary>Derives the key of a link.</summary>
    internal void Bind(in LinkTags tags) => LinkKeySchedule.DeriveMacKey(_secret, tags, _macKey);

    /// <summary>Whether both have the same epoch and the same bytes.</summary>
    internal bool Matches(LinkSecret other) => Epoch == other.Epoch && CryptographicOperations.FixedTimeEquals(_secret, other._secret);

    public override string ToString() => $"LinkSecret {Epoch}";

    /// <summary>Overwrites the key material.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_secret);
        CryptographicOperations.ZeroMemory(_macKey);
    }
}
