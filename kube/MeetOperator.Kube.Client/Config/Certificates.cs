using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Kube.Client.Config;

/// <summary>Parses PEM certificates. Error messages name the origin of the text.</summary>
internal static class Certificates
{
    public static X509Certificate2Collection ReadAuthorities(string pem, string origin)
    {
        var collection = new X509Certificate2Collection();
        try
        {
            collection.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new KubeConfigException($"{origin} contains an invalid PEM certificate: {e.Message}", e);
        }

        return collection.Count > 0 ? collection : throw new KubeConfigException($"{origin} contains no PEM certificate.");
    }

    public static X509Certificate2 ReadClient(string certificatePem, string keyPem, string origin)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);

            // The TLS stack needs a key that is not ephemeral, which the export as PKCS #12 provides.
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeConfigException($"{origin}: client-certificate and client-key are not a matching PEM pair: {e.Message}", e);
        }
    }
}
