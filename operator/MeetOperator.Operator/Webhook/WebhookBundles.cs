using System.Security.Cryptography.X509Certificates;
using System.Text;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Webhook;

/// <summary>Reads and writes the caBundle of the two webhook configurations by name. Entries that call another Service are ignored.</summary>
internal sealed class WebhookBundles(KubeClient client, WebhookOptions options, string @namespace)
{
    /// <summary>The caBundle of each of our entries as PEM text, empty if not set; an empty list when neither configuration exists.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(CancellationToken ct) =>
        [.. await ReadAsync<ValidatingWebhookConfiguration>(ct).ConfigureAwait(false), .. await ReadAsync<MutatingWebhookConfiguration>(ct).ConfigureAwait(false)];

    /// <summary>Sets <paramref name="pem"/> in each of our entries that has another value.</summary>
    public async Task WriteAsync(string pem, CancellationToken ct)
    {
        await WriteAsync<ValidatingWebhookConfiguration>(pem, ct).ConfigureAwait(false);
        await WriteAsync<MutatingWebhookConfiguration>(pem, ct).ConfigureAwait(false);
    }

    /// <summary>The certificates that every one of <paramref name="bundles"/> contains.</summary>
    public static string TrustedByAll(IReadOnlyList<string> bundles)
    {
        if (bundles.Count == 0)
        {
            return string.Empty;
        }

        var others = bundles.Skip(1).Select(bundle => Authorities.Certificates(bundle).Select(certificate => certificate.Thumbprint).ToHashSet(StringComparer.Ordinal)).ToArray();
        return string.Join('\n', Authorities.Certificates(bundles[0])
            .Where(certificate => others.All(other => other.Contains(certificate.Thumbprint)))
            .Select(certificate => certificate.ExportCertificatePem()));
    }

    /// <summary>Whether an API server with this bundle accepts the certificate, by the same validation.</summary>
    public static bool HasAuthority(string bundle, X509Certificate2 serving, X509Certificate2Collection intermediates, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Authorities.Certificates(bundle));
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.ChainPolicy.CustomTrustStore.Count > 0 && chain.Build(serving);
    }

    private async Task<IEnumerable<string>> ReadAsync<T>(CancellationToken ct)
        where T : WebhookConfiguration =>
        Ours(await client.TryGetAsync<T>(Key, ct).ConfigureAwait(false)).Select(entry => Decode(entry.ClientConfig.CaBundle));

    private async Task WriteAsync<T>(string pem, CancellationToken ct)
        where T : WebhookConfiguration
    {
        var configuration = await client.TryGetAsync<T>(Key, ct).ConfigureAwait(false);
        var changed = false;
        foreach (var entry in Ours(configuration).Where(entry => Decode(entry.ClientConfig.CaBundle) != pem))
        {
            entry.ClientConfig.CaBundle = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
            changed = true;
        }

        if (changed)
        {
            await client.ReplaceAsync(configuration!, ct).ConfigureAwait(false);
        }
    }

    private NamespacedName Key => new(null, options.Configuration);

    private IEnumerable<AdmissionWebhook> Ours(WebhookConfiguration? configuration) =>
        (configuration?.Webhooks ?? []).Where(entry => entry.ClientConfig.Service is { } service && service.Name == options.Service && service.Namespace == @namespace);

    private static string Decode(string? bundle)
    {
        var buffer = new byte[bundle?.Length ?? 0];
        return Convert.TryFromBase64String(bundle ?? string.Empty, buffer, out var written) ? Encoding.ASCII.GetString(buffer, 0, written) : string.Empty;
    }
}
