using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Kube.Client.Config;

namespace MeetOperator.Kube.Client.Http;

/// <summary>Creates the HTTP handler with the socket and TLS settings of a client.</summary>
internal static class ServerHandler
{
    public static SocketsHttpHandler Create(KubeConfig config)
    {
        var handler = new SocketsHttpHandler
        {
            // With plain HTTP each watch occupies a connection. The high limit prevents requests from waiting behind watches.
            MaxConnectionsPerServer = 1024,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            AutomaticDecompression = DecompressionMethods.GZip,
            UseCookies = false,
            AllowAutoRedirect = false,
        };
        if (config.ProxyUrl is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy);
        }
        else if (config.Server.IsLoopback)
        {
            handler.UseProxy = false;
        }

        if (config.Server.Scheme == Uri.UriSchemeHttps)
        {
            handler.SslOptions = CreateTls(config);
        }

        return handler;
    }

    private static SslClientAuthenticationOptions CreateTls(KubeConfig config)
    {
        var options = new SslClientAuthenticationOptions();
        if (config.ClientCertificate is { } certificate)
        {
            options.ClientCertificates = [certificate];
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        if (config.InsecureSkipTlsVerify)
        {
            // .NET builds the certificate chain although nothing depends on it. With this policy, it downloads no certificates for that.
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }
        else if (config.CertificateAuthorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            options.CertificateChainPolicy = policy;
        }

        return options;
    }
}
