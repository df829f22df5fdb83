using System.Formats.Asn1;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

/// <summary>HTTPS probes of a server whose certificate comes from an unknown authority.</summary>
public sealed class ProbeTlsTests : IAsyncLifetime
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly TcpListener _elsewhere = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;
    private NodeFixture _node = null!;

    public async Task InitializeAsync()
    {
        _server.Start();
        _elsewhere.Start();
        _serving = ServeAsync();
        _node = await NodeFixture.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _node.DisposeAsync();
        await _serving;
        _server.Dispose();
        _elsewhere.Dispose();
        _stop.Dispose();
    }

    /// <summary>A certificate can name a URL of its issuer's certificate. If probes downloaded it, a Pod could make the runtime send requests anywhere.</summary>
    [Fact]
    public async Task Probe_CertificateNamesAddressOfIssuer_SucceedsWithoutFetchingIt()
    {
        await _node.RunAsync("web", "exec sleep 1000", pod => pod.Spec.Containers[0].ReadinessProbe = new Probe
        {
            HttpGet = new HttpGetAction { Path = "/", Port = PortOf(_server), Host = "127.0.0.1", Scheme = "HTTPS" }, PeriodSeconds = 1, TimeoutSeconds = 10,
        });

        await _node.WaitAsync("web", NodeFixture.IsReady);

        Assert.False(_elsewhere.Pending(), "the runtime connected to the URL in the certificate");
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private X509Certificate2 CreateCertificate()
    {
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        var authority = new CertificateRequest("CN=unknown issuer", issuerKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var issuer = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=probe", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(AddressOfIssuer(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{PortOf(_elsewhere)}/issuer.cer")));
        using var certificate = request.Create(issuer, now.AddHours(-1), now.AddHours(1), [1, 2, 3]);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>The certificate extension "authority information access", which names the URL of the issuer's certificate (RFC 5280, section 4.2.2.1).</summary>
    private static X509Extension AddressOfIssuer(string url)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.3.6.1.5.5.7.48.2");
            writer.WriteOctetString(Encoding.ASCII.GetBytes(url), new Asn1Tag(TagClass.ContextSpecific, 6));
        }

        return new X509Extension("1.3.6.1.5.5.7.1.1", writer.Encode(), critical: false);
    }

    private async Task ServeAsync()
    {
        using var certificate = CreateCertificate();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _server.AcceptTcpClientAsync(_stop.Token);
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true) }, _stop.Token);
                await tls.ReadAtLeastAsync(new byte[1024], 1, cancellationToken: _stop.Token);
                await tls.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // The probe has its own time limit, and the next one connects again.
            }
        }
    }
}
