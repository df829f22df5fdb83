using System.Security.Cryptography.X509Certificates;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Certificates;

/// <summary>Serving certificates of the operator's own authority. Each replica issues its own from the authority's Secret and renews it after rotations.</summary>
internal sealed class IssuedCertificates(KubeClient client, WebhookOptions options, string @namespace, TimeProvider time) : ICertificateSource
{
    /// <summary>Short, because the key exists only in memory and renewal is cheap.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    public async Task<ServingCertificate?> RefreshAsync(ServingCertificate? present, CancellationToken ct)
    {
        var secret = await client.TryGetAsync<Secret>(new NamespacedName(@namespace, options.AuthoritySecret), ct).ConfigureAwait(false);
        var now = time.GetUtcNow();
        if (Authorities.TryRead(secret) is not { } authorities || authorities.Signing.Expires <= now)
        {
            return present; // The leader is about to create a new authority.
        }

        var signing = authorities.Signing;
        return present is not null && present.Origin == signing.Thumbprint && now < RenewAt(present)
            ? present
            : new ServingCertificate(signing.Issue(options.DnsNames(@namespace), now, Lifetime), new X509Certificate2Collection(), signing.Thumbprint);
    }

    private static DateTimeOffset RenewAt(ServingCertificate certificate) => certificate.From + ((certificate.Expires - certificate.From) * 2 / 3);
}
