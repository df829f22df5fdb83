using System.Buffers.Binary;
using System.Security.Cryptography;
using MeetOperator.Srtp;

namespace MeetOperator.Relay.Keys;

/// <summary>
/// Derives the keys of a link from its secret with HKDF-SHA256 (RFC 5869). The keys of a session depend on fresh nonces of both ends, so no two sessions share a key,
/// and AES-GCM never gets a nonce twice (RFC 7714 §10.1), even when a process restarts with the same secret. The info of each key is a label and both tags.
/// </summary>
internal static class LinkKeySchedule
{
    internal const int MacKeyLength = 32;

    private const int SaltLength = 12;
    private const int MaximumLabelLength = 24;

    /// <summary>Derives the key that authenticates the handshake.</summary>
    internal static void DeriveMacKey(ReadOnlySpan<byte> secret, in LinkTags tags, Span<byte> destination) =>
        DeriveKey(secret, [], "meet-link v1 handshake"u8, tags, destination[..MacKeyLength]);

    /// <summary>Derives the SRTP master keys of both directions. The caller clears them.</summary>
    internal static (SrtpKeys Opener, SrtpKeys Acceptor) DeriveSessionKeys(ReadOnlySpan<byte> secret, in LinkTags tags, UInt128 openerNonce, UInt128 acceptorNonce)
    {
        Span<byte> nonces = stackalloc byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(nonces, openerNonce);
        BinaryPrimitives.WriteUInt128BigEndian(nonces[16..], acceptorNonce);
        return (DeriveSrtpKeys(secret, nonces, "meet-link v1 opener"u8, tags), DeriveSrtpKeys(secret, nonces, "meet-link v1 acceptor"u8, tags));
    }

    private static SrtpKeys DeriveSrtpKeys(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> nonces, ReadOnlySpan<byte> label, in LinkTags tags)
    {
        Span<byte> material = stackalloc byte[SrtpKeys.KeyLength + SaltLength];
        DeriveKey(secret, nonces, label, tags, material);
        var keys = new SrtpKeys(SrtpProfile.AeadAes128Gcm, material[..SrtpKeys.KeyLength], material[SrtpKeys.KeyLength..]);
        CryptographicOperations.ZeroMemory(material);
        return keys;
    }

    private static void DeriveKey(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, in LinkTags tags, Span<byte> destination)
    {
        Span<byte> info = stackalloc byte[MaximumLabelLength + LinkTags.Length];
        label.CopyTo(info);
        tags.Write(info[label.Length..]);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, destination, salt, info[..(label.Length + LinkTags.Length)]);
    }
}
