using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>The certificate and private key in the Secret of a pool, or why they cannot be used. Immutable.</summary>
internal sealed record TurnCertificate
{
    public const string SecretType = "kubernetes.io/tls";
    private const string CertificateEntry = "tls.crt";
    private const string KeyEntry = "tls.key";

    /// <summary>Relays refuse more, and smaller keys.</summary>
    private const int MaxBytes = 64 * 1024;
    private const int MinRsaBits = 2048;
    private const int MaxNames = 5;

    /// <summary>How long before its end a certificate is reported: long enough to replace it by hand, and short enough for those that are replaced at two thirds of their time.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromDays(7);

    /// <summary>Namespace and name of the Secret, for messages.</summary>
    public required string Place { get; init; }

    /// <summary>PEM texts: the certificate followed by those of its authorities, and its private key.</summary>
    public string? Chain { get; init; }

    /// <inheritdoc cref="Chain"/>
    public string? PrivateKey { get; init; }

    /// <summary>The name that clients connect to; null while it is unknown.</summary>
    public string? Host { get; init; }

    public DateTimeOffset ValidFrom { get; init; }

    public DateTimeOffset ValidUntil { get; init; }

    /// <summary>Why it is of no use at any time; null if there is no such reason.</summary>
    public NodeFailure? Fault { get; init; }

    /// <summary>Reads a Secret; null if it does not exist.</summary>
    public static TurnCertificate Read(TurnPool pool, Secret? secret)
    {
        var (name, place) = (pool.Spec.Tls!.SecretName, PlaceOf(pool));
        return secret is null ? Failed(pool, "SecretMissing", $"Secret {place} does not exist: create it with kubectl create secret tls {name} --namespace={pool.Metadata.Namespace} --cert=FILE --key=FILE, or correct spec.tls.secretName")
            : secret.Type != SecretType ? Failed(pool, "SecretInvalid", $"Secret {place} has the type {secret.Type ?? "Opaque"}: create it with kubectl create secret tls, which gives it the type {SecretType}")
            : secret.GetBytes(CertificateEntry) is not { Length: > 0 } chain || secret.GetBytes(KeyEntry) is not { Length: > 0 } key ? Failed(pool, "SecretInvalid", $"Secret {place} lacks {CertificateEntry} or {KeyEntry}: create it with kubectl create secret tls")
            : chain.Length > MaxBytes || key.Length > MaxBytes ? Failed(pool, "SecretInvalid", $"{CertificateEntry} or {KeyEntry} of Secret {place} has more than {MaxBytes} bytes: leave out certificates that clients do not need")
            : Parse(pool, Encoding.UTF8.GetString(chain), Encoding.UTF8.GetString(key));
    }

    /// <summary>A certificate that is of no use. Its relays go on with the one that they have.</summary>
    public static TurnCertificate Failed(TurnPool pool, string reason, string message) => new()
    {
        Place = PlaceOf(pool),
        Host = pool.Spec.Tls!.Host,
        Fault = new NodeFailure(reason, $"{message}. Relays go on with the certificate that they have, if it is valid"),
    };

    /// <summary>Why relays do not get it, and what to do; null while they do.</summary>
    public NodeFailure? FindProblem(DateTimeOffset now) =>
        Fault
        ?? (ValidUntil <= now ? new NodeFailure("Expired", $"the certificate of Secret {Place} expired at {ValidUntil:u}, so participants get no URL for TLS: replace the Secret. Running calls go on")
        : ValidFrom > now ? new NodeFailure("NotYetValid", $"the certificate of Secret {Place} is not valid before {ValidFrom:u}: wait, or replace the Secret. Relays go on with the certificate that they have, if it is valid")
        : null);

    /// <summary>That it ends soon; null otherwise.</summary>
    public NodeFailure? FindExpiry(DateTimeOffset now) => FindProblem(now) is null && ValidUntil - now <= Notice
        ? new NodeFailure("ExpiresSoon", $"the certificate of Secret {Place} expires at {ValidUntil:u}, and then participants get no URL for TLS any more: replace the Secret before")
        : null;

    /// <summary>Omits the private key so that it cannot get into a log.</summary>
    public override string ToString() => nameof(TurnCertificate);

    private static string PlaceOf(TurnPool pool) => $"{pool.Metadata.Namespace}/{pool.Spec.Tls!.SecretName}";

    private static TurnCertificate Parse(TurnPool pool, string chain, string key)
    {
        try
        {
            using var own = X509Certificate2.CreateFromPem(chain);
            var named = Named(pool, own);
            return named.Fault is not null ? named : FindKeyFault(pool, chain, key) ?? named with { Chain = chain, PrivateKey = key };
        }
        catch (CryptographicException)
        {
            return Failed(pool, "SecretInvalid", $"{CertificateEntry} of Secret {PlaceOf(pool)} is not a certificate in PEM: replace the Secret");
        }
    }

    private static TurnCertificate Named(TurnPool pool, X509Certificate2 own)
    {
        // A name gets into URLs.
        string[] names = [.. own.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames()).Where(name => IsDnsName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name))];
        var host = pool.Spec.Tls!.Host ?? names.FirstOrDefault(name => name[0] != '*');
        return host is null ? Failed(pool, "NameMissing", $"the certificate of Secret {PlaceOf(pool)} has no DNS name without a wildcard: set spec.tls.host to the name that clients connect to")
            : !IsDnsName(host) || !own.MatchesHostname(host, allowWildcards: true, allowCommonName: false) ? Failed(
                pool, "NameMismatch", $"the certificate of Secret {PlaceOf(pool)} is for {(names.Length == 0 ? "no DNS name" : string.Join(", ", names.Take(MaxNames)))}, and not for {host}: correct spec.tls.host, or replace the Secret") with { Host = null }
            : new TurnCertificate
            {
                Place = PlaceOf(pool),
                Host = host,
                ValidFrom = new DateTimeOffset(own.NotBefore.ToUniversalTime()),
                ValidUntil = new DateTimeOffset(own.NotAfter.ToUniversalTime()),
            };
    }

    private static TurnCertificate? FindKeyFault(TurnPool pool, string chain, string key)
    {
        try
        {
            using var own = X509Certificate2.CreateFromPem(chain, key); // throws if they do not match
            using var rsa = own.GetRSAPrivateKey();
            return rsa?.KeySize < MinRsaBits
                ? Failed(pool, "SecretInvalid", $"the RSA key of Secret {PlaceOf(pool)} has {rsa.KeySize} bits: replace the Secret by one with {MinRsaBits} bits or more, or with an elliptic curve")
                : null;
        }
        catch (Exception mismatched) when (mismatched is CryptographicException or ArgumentException)
        {
            return Failed(pool, "KeyMismatch", $"{KeyEntry} of Secret {PlaceOf(pool)} is not the private key of {CertificateEntry}, or not an RSA key or elliptic curve in PEM without a password: replace both together");
        }
    }

    private static bool IsDnsName(string name) => Uri.CheckHostName(name) == UriHostNameType.Dns;
}
