using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Certificates;

/// <summary>The content of the authority's Secret: the current authority, the next one, and former ones that are trusted for a while longer.</summary>
internal sealed record Authorities
{
    private const string CertificateKey = "ca.crt";
    private const string PrivateKey = "ca.key";
    private const string NextCertificateKey = "next.crt";
    private const string NextPrivateKey = "next.key";
    private const string NextTrustedKey = "next.trusted-since";
    private const string FormerKey = "former.crt";
    private const string FormerUntilKey = "former.until";

    /// <summary>The authority that signs serving certificates.</summary>
    public required Authority Signing { get; init; }

    /// <summary>The authority that will sign once every API server trusts it; null except during a rotation.</summary>
    public Authority? Next { get; init; }

    /// <summary>Time since which both configurations have trusted <see cref="Next"/>.</summary>
    public DateTimeOffset? NextTrustedSince { get; init; }

    /// <summary>PEM certificates of former authorities; trusted until every replica has a certificate of the current one.</summary>
    public string? Former { get; init; }

    public DateTimeOffset? FormerUntil { get; init; }

    /// <summary>The certificates that an API server must trust now, as PEM text with the signing one first.</summary>
    public string Bundle => string.Concat(Pem(Signing.CertificatePem), Pem(Next?.CertificatePem), Pem(Former));

    /// <summary>Whether the authority is the current or the next one.</summary>
    public bool Contains(Authority authority) => Signing.Thumbprint == authority.Thumbprint || Next?.Thumbprint == authority.Thumbprint;

    /// <summary>Returns null when the Secret does not exist or contains no authority.</summary>
    public static Authorities? TryRead(Secret? secret)
    {
        if (secret is null || Authority.TryRead(Text(secret, CertificateKey), Text(secret, PrivateKey)) is not { } signing)
        {
            return null;
        }

        return new Authorities
        {
            Signing = signing,
            Next = Authority.TryRead(Text(secret, NextCertificateKey), Text(secret, NextPrivateKey)),
            NextTrustedSince = Time(secret, NextTrustedKey),
            Former = Text(secret, FormerKey) is { } former && Certificates(former).Count > 0 ? former : null,
            FormerUntil = Time(secret, FormerUntilKey),
        };
    }

    /// <summary>Builds the Secret to store; <paramref name="stored"/> is the current one.</summary>
    public Secret ToSecret(NamespacedName key, Secret? stored)
    {
        var data = new Dictionary<string, string>(StringComparer.Ordinal);
        Put(data, CertificateKey, Signing.CertificatePem);
        Put(data, PrivateKey, Signing.ExportKeyPem());
        Put(data, NextCertificateKey, Next?.CertificatePem);
        Put(data, NextPrivateKey, Next?.ExportKeyPem());
        Put(data, NextTrustedKey, Format(NextTrustedSince));
        Put(data, FormerKey, Former);
        Put(data, FormerUntilKey, Format(FormerUntil));
        return new Secret
        {
            Metadata = new ObjectMeta
            {
                Name = key.Name,
                Namespace = key.Namespace,
                ResourceVersion = stored?.Metadata.ResourceVersion,
                Labels = stored?.Metadata.Labels,
                Annotations = stored?.Metadata.Annotations,
                OwnerReferences = stored?.Metadata.OwnerReferences,
            },
            Type = stored?.Type ?? "Opaque",
            Data = data,
        };
    }

    /// <summary>Parses the certificates of a PEM text; empty when it contains none.</summary>
    public static X509Certificate2Collection Certificates(string? pem)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            found.Clear();
        }

        return found;
    }

    private static string Pem(string? text) => string.IsNullOrWhiteSpace(text) ? string.Empty : text.Trim() + "\n";

    private static void Put(Dictionary<string, string> data, string key, string? value)
    {
        if (value is not null)
        {
            data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value));
        }
    }

    private static string? Text(Secret secret, string key) => secret.GetBytes(key) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static string? Format(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(Secret secret, string key) =>
        DateTimeOffset.TryParse(Text(secret, key), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
