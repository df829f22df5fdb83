using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.NodeControl.Security;

/// <summary>TLS settings of NodeControl for server and client. Each handshake reads the current credentials, so that renewed ones take effect without a restart.</summary>
public static class ControlTls
{
    /// <summary>Connections are replaced after this time, so that a renewed certificate or a change of trust takes effect.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);
    private const int KeepAliveSeconds = 1;
    private const int KeepAliveRetrySeconds = 1;
    private const int KeepAliveRetries = 2;

    /// <summary>How long the machine at the other end may acknowledge nothing that was sent. A process that stands still does not matter, because its machine acknowledges for it.</summary>
    private const int SilenceMilliseconds = 3_000;

    /// <summary>TCP_USER_TIMEOUT of Linux, and the level of TCP.</summary>
    private const int TcpUserTimeout = 18;
    private const int TcpLevel = 6;

    /// <summary>
    /// The handler of the operator and signaling. It allows only TLS 1.3, which every media node supports. The server's certificate must contain the name in the
    /// request's Host header (<see cref="NodeControlClient"/>).
    /// </summary>
    /// <param name="credentials">Returns the current credentials, or null when there are none; without credentials no node is trusted.</param>
    /// <param name="connectTimeout">The longest time that connecting may take.</param>
    /// <param name="time">The clock for the validity period of certificates.</param>
    public static SocketsHttpHandler Client(Func<ControlCredentials?> credentials, TimeSpan connectTimeout, TimeProvider time) => new()
    {
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        UseProxy = false,
        UseCookies = false,
        ConnectCallback = ConnectAsync,
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

    /// <summary>
    /// Opens a connection that ends within seconds when the machine at the other end is lost: while nothing is sent, as on a stream of events, and also while a request waits for its
    /// response. A machine that does not answer is reported as <see cref="SocketError.TimedOut"/>, in contrast to a process that has a connection and does not complete the handshake.
    /// </summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveRetrySeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveRetries);
            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes(SilenceMilliseconds));
            }

            await socket.ConnectAsync(context.DnsEndPoint, ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The options of a media node. The handshake accepts clients without a certificate, such as the kubelet; each request is authorized separately.
    /// </summary>
    public static SslServerAuthenticationOptions Server(ControlCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = credentials.Context,
            // Builds of the kubelet and Prometheus for FIPS 140 support TLS 1.2 at most.
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            ClientCertificateRequired = true,
            AllowTlsResume = false,
            CertificateChainPolicy = Offline(),
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        };
    }

    /// <summary>The policy of the platform's own chain check, which runs before the validation callback. It must not access the network.</summary>
    private static X509ChainPolicy Offline() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}
