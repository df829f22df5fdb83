using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace MeetOperator.Rtc.Dtls;

/// <summary>A certificate fingerprint in SDP (RFC 8122 §5): <c>sha-256 12:AB:…</c>.</summary>
public sealed class Fingerprint
{
    private readonly byte[] _hash;

    private Fingerprint(string algorithm, byte[] hash)
    {
        Algorithm = algorithm;
        _hash = hash;
    }

    /// <summary>The name of the hash function in lower case: sha-256, sha-384 or sha-512.</summary>
    public string Algorithm { get; }

    /// <summary>The SHA-256 fingerprint of a certificate in DER.</summary>
    public static Fingerprint OfCertificate(ReadOnlySpan<byte> certificate) =>
        new("sha-256", SHA256.HashData(certificate));

    /// <summary>Parses the value of <c>a=fingerprint</c>; rejects hash functions that are weaker than SHA-256.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out Fingerprint? fingerprint)
    {
        fingerprint = null;
        var parts = value?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts is not { Length: 2 })
        {
            return false;
        }

        var algorithm = parts[0].ToLowerInvariant();
        var length = LengthOf(algorithm);
        if (length == 0 || parts[1].Length != (length * 3) - 1)
        {
            return false;
        }

        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            if ((i > 0 && parts[1][(i * 3) - 1] != ':')
                || !byte.TryParse(parts[1].AsSpan(i * 3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out bytes[i]))
            {
                return false;
            }
        }

        fingerprint = new Fingerprint(algorithm, bytes);
        return true;
    }

    /// <summary>Whether a certificate in DER has this fingerprint. Compares in constant time.</summary>
    public bool Matches(ReadOnlySpan<byte> certificate)
    {
        Span<byte> actual = stackalloc byte[64];
        var length = Algorithm switch
        {
            "sha-256" => SHA256.HashData(certificate, actual),
            "sha-384" => SHA384.HashData(certificate, actual),
            _ => SHA512.HashData(certificate, actual),
        };
        return CryptographicOperations.FixedTimeEquals(actual[..length], _hash);
    }

    /// <summary>The value of <c>a=fingerprint</c>.</summary>
    public override string ToString() => $"{Algorithm} {Convert.ToHexString(_hash).Chunk(2).Select(pair => new string(pair)).Aggregate((a, b) => $"{a}:{b}")}";

    private static int LengthOf(string algorithm) => algorithm switch
    {
        "sha-256" => 32,
        "sha-384" => 48,
        "sha-512" => 64,
        _ => 0,
    };
}
