using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.NodeControl;

/// <summary>The TLS settings of NodeControl, for server and client. Each handshake reads the current credentials, so renewed ones take effect without a restart.</summary>
public static class ControlTls
{
    /// <summary>A connection is made anew after this time, so that a renewed certificate, or one that is not trusted any more, tells.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    /// <summary>The side of operator and signaling: TLS 1.3 and nothing older, which every media node speaks. The name that a server's certificate must carry is the request's Host header (<see cref="NodeControlClient"/>).</summary>
    /// <param name="credentials">Null while there are none: then no node is trusted.</param>
    /// <param name="connectTimeout">How long a connection may take to come about.</param>
    /// <param name="time">The clock by which certificates are judged.</param>
    public static SocketsHttpHandler Client(Func<ControlCredentials?> credentials, TimeSpan connectTimeout, TimeProvider time) => new()
    {
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        UseProxy = false,
        UseCookies = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            CertificateChainPolicy = Offline(),
            LocalCertificateSelectionCallback = (_, _, _, _, _) => credentials()?.Certificate!,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                (errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) == 0
                && certificate is X509Certificate2 shown
                && credentials()?.TrustsServer(shown, time.GetUtcNow()) == true,
        },
    };

    /// <summary>The side of a media node. Callers without a certificate, such as a kubelet, are let in; what each may ask for is judged at the request.</summary>
    public static SslServerAuthenticationOptions Server(ControlCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = credentials.Context,
            // Kubelets and Prometheus call here, too, and those built for FIPS 140 stop at 1.2.
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            ClientCertificateRequired = true,
            AllowTlsResume = false,
            CertificateChainPolicy = Offline(),
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        };
    }

    /// <summary>What the platform checks before it asks us; it must look nowhere on the network.</summary>
    private static X509ChainPolicy Offline() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}
