using System.Security.Cryptography;

namespace MeetOperator.Srtp;

/// <summary>Master key and salt of one direction (RFC 3711 §3.2.1). A session copies what it needs, so the owner clears the keys after creating one.</summary>
public sealed class SrtpKeys
{
    /// <summary>The label of the DTLS-SRTP exporter (RFC 5764 §4.2).</summary>
    public static ReadOnlySpan<byte> ExporterLabel => "EXTRACTOR-dtls_srtp"u8;

    public SrtpKeys(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(masterKey.Length, KeyLength, nameof(masterKey));
        ArgumentOutOfRangeException.ThrowIfNotEqual(masterSalt.Length, SaltLength(profile), nameof(masterSalt));
        Profile = profile;
        MasterKey = masterKey.ToArray();
        MasterSalt = masterSalt.ToArray();
    }

    public SrtpProfile Profile { get; }

    /// <summary>Length of a master key in bytes.</summary>
    public const int KeyLength = 16;

    internal byte[] MasterKey { get; }

    internal byte[] MasterSalt { get; }

    /// <summary>Length of the exported material for both directions in bytes.</summary>
    public static int ExportLength(SrtpProfile profile) => 2 * (KeyLength + SaltLength(profile));

    /// <summary>Splits exported material: client key, server key, client salt, server salt (RFC 5764 §4.2).</summary>
    public static (SrtpKeys Client, SrtpKeys Server) Split(SrtpProfile profile, ReadOnlySpan<byte> material)
    {
        var salt = SaltLength(profile);
        var salts = material[(2 * KeyLength)..];
        return (
            new SrtpKeys(profile, material[..KeyLength], salts[..salt]),
            new SrtpKeys(profile, material.Slice(KeyLength, KeyLength), salts.Slice(salt, salt)));
    }

    /// <summary>Overwrites the key material.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(MasterKey);
        CryptographicOperations.ZeroMemory(MasterSalt);
    }

    private static int SaltLength(SrtpProfile profile) => profile == SrtpProfile.AeadAes128Gcm ? 12 : 14;
}
