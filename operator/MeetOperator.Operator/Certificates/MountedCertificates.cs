using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Operator.Certificates;

/// <summary>Serving certificates from a mounted Secret that another component, such as cert-manager, maintains: tls.crt with its chain, and tls.key.</summary>
internal sealed class MountedCertificates(string directory) : ICertificateSource
{
    public async Task<ServingCertificate?> RefreshAsync(ServingCertificate? present, CancellationToken ct)
    {
        var certificates = await File.ReadAllTextAsync(Path.Combine(directory, "tls.crt"), ct).ConfigureAwait(false);
        var key = await File.ReadAllTextAsync(Path.Combine(directory, "tls.key"), ct).ConfigureAwait(false);
        var origin = Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(certificates + key)));
        if (present?.Origin == origin)
        {
            return present;
        }

        try
        {
            var leaf = X509Certificate2.CreateFromPem(certificates, key);
            var chain = Authorities.Certificates(certificates);
            chain.Remove(chain.First(certificate => certificate.Thumbprint == leaf.Thumbprint));
            return new ServingCertificate(leaf, chain, origin);
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException)
        {
            throw new IOException($"{directory}: tls.crt and tls.key are not a matching PEM pair: {broken.Message}", broken);
        }
    }
}
