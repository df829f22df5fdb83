using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Kube.Client;

/// <summary>PEM to certificates, with errors that name where the text came from.</summary>
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
            throw new KubeConfigException($"{origin} holds no readable PEM certificate: {e.Message}", e);
        }

        return collection.Count > 0 ? collection : throw new KubeConfigException($"{origin} holds no PEM certificate.");
    }

    public static X509Certificate2 ReadClient(string certificatePem, string keyPem, string origin)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);

            // The TLS stack needs a key that is not ephemeral; PKCS #12 makes it one.
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeConfigException($"{origin}: client-certificate and client-key are no matching PEM pair: {e.Message}", e);
        }
    }
}
