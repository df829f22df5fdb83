using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Stun;
using MeetOperator.Testing;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>A real coturn on loopback addresses, which forwards to 127.0.0.1.</summary>
public sealed class TestRelay : IAsyncLifetime
{
    public const string Secret = "the-secret-of-the-relays";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meet-relay-check-");
    private Process _process = null!;

    public int Port { get; } = FreePort();

    public int TlsPort { get; } = FreePort();

    /// <summary>The certificate that it uses, for relay.example.com.</summary>
    public string CertificateFile => Path.Combine(_folder.FullName, "tls.pem");

    public async Task InitializeAsync()
    {
        var pem = CertificateFile;
        await File.WriteAllTextAsync(pem, Certificate());
        string[] arguments =
        [
            "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", $"--listening-port={Port}", $"--tls-listening-port={TlsPort}", $"--cert={pem}", $"--pkey={pem}", "--realm=meet", "--use-auth-secret",
            $"--static-auth-secret={Secret}", "--allow-loopback-peers", "--denied-peer-ip=0.0.0.0-255.255.255.255", "--allowed-peer-ip=127.0.0.1", "--no-cli", "--no-dtls", "--log-file=stdout", "--pidfile=",
            $"--userdb={Path.Combine(_folder.FullName, "db")}", "--min-port=56000", "--max-port=56999",
        ];
        _process = Process.Start(new ProcessStartInfo("turnserver", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var server = new IPEndPoint(IPAddress.Loopback, Port);
        await Eventually.TrueAsync(async () => (await BindingExchange.RunAsync(server, StunTransport.Tcp, null, TimeProvider.System, default)).Outcome == BindingOutcome.Answered, "coturn answers");
    }

    public async Task DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Its own authority, which nobody trusts.</summary>
    private static string Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("relay.example.com");
        var request = new CertificateRequest("CN=relay.example.com", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
