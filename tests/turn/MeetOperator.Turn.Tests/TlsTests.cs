using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.NodeControl;
using MeetOperator.Stun;
using MeetOperator.Testing;
using MeetOperator.Turn.Settings;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Tests;

/// <summary>TLS of a real coturn, with certificates that are replaced while it runs.</summary>
public sealed class TlsTests(TlsTests.TlsRelay relay) : IClassFixture<TlsTests.TlsRelay>
{
    public sealed class TlsRelay : RunningRelay
    {
        public IPEndPoint TlsListener { get; } = new(IPAddress.Loopback, FreePort.Next());

        private protected override TurnOptions Adapt(TurnOptions options) =>
            options with { TlsPort = TlsListener.Port, AllocationsPerCredential = 50 }; // turnutils_uclient allocates again until it has ports in a row
    }

    [Fact]
    public async Task Tls_FirstCertificate_IsServedWithChain()
    {
        var given = TestCertificate.Create("first.example.com");
        var report = await ApplyServedAsync(given);
        Assert.InRange(report.CertificateUntil!.Value, DateTimeOffset.UtcNow.AddDays(89), DateTimeOffset.UtcNow.AddDays(91));
        Assert.Contains("CN = first.example.com", await OpenSslAsync(), StringComparison.Ordinal);
        Assert.Contains("CN = authority", await OpenSslAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_CertificateReplaced_ServesItAndKeepsAllocation()
    {
        await ApplyServedAsync(TestCertificate.Create("earlier.example.com"));
        var process = relay.ProcessId;
        using var client = await AllocatedAsync();
        Assert.Equal(0, await client.PermitAsync(relay.MediaNode, default));

        await ApplyServedAsync(TestCertificate.Create("later.example.com", rsaBits: 2048));
        Assert.Contains("CN = later.example.com", await OpenSslAsync(), StringComparison.Ordinal);
        Assert.Equal(process, relay.ProcessId);
        Assert.Equal(0, await client.RefreshAsync(600, default));
        var buffer = new byte[64];
        var receiving = relay.MediaSocket.ReceiveAsync(buffer);
        await client.SendDataAsync(relay.MediaNode, "over TLS"u8.ToArray(), default);
        Assert.Equal("over TLS", System.Text.Encoding.UTF8.GetString(buffer, 0, await receiving.WaitAsync(TimeSpan.FromSeconds(30))));
        using var other = await AllocatedAsync();
    }

    [Theory]
    [InlineData(true, "cannot be used together")]
    [InlineData(false, "it expired at")]
    public async Task Tls_CertificateOfNoUse_IsRefusedAndFormerOneStays(bool isMismatched, string reason)
    {
        await ApplyServedAsync(TestCertificate.Create("good.example.com"));
        var wrong = isMismatched
            ? TestCertificate.Create("wrong.example.com") with { Key = TestCertificate.Create("other.example.com").Key }
            : TestCertificate.Create("wrong.example.com", from: TimeSpan.FromDays(-3), until: TimeSpan.FromDays(-1));
        var refused = await Assert.ThrowsAsync<NodeControlException>(() => ApplyAsync(wrong));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains("CN = good.example.com", await OpenSslAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_StateWithoutCertificate_KeepsFormerOne()
    {
        await ApplyServedAsync(TestCertificate.Create("kept.example.com"));
        Assert.NotNull((await relay.ReportAsync()).CertificateUntil);
        Assert.Contains("CN = kept.example.com", await OpenSslAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_1", false)]
    [InlineData("-tls1", false)]
    public async Task Tls_Version_OnlyCurrentOnesAreAccepted(string version, bool isAccepted)
    {
        await ApplyServedAsync(TestCertificate.Create("versions.example.com"));
        // coturn does not answer to other versions.
        var output = await RunAsync("timeout", isAccepted ? "30" : "3", "openssl", "s_client", "-connect", relay.TlsListener.ToString(), version, "-cipher", "DEFAULT@SECLEVEL=0");
        Assert.Equal(isAccepted, output.Contains("CN = versions.example.com", StringComparison.Ordinal));
    }

    /// <summary>
    /// An independent client, which also relays data. For each connection it chooses a version of TLS at random, and waits forever if that is 1.0 or 1.1, to which coturn does not answer.
    /// With a cipher that only 1.2 has, those attempts fail at once, and it chooses again. It also misses a message now and then.
    /// </summary>
    [Fact]
    public async Task Uclient_OverTls_LosesNothing()
    {
        await ApplyServedAsync(TestCertificate.Create("uclient.example.com"));
        using var echo = new Echo(relay.MediaNode.Address);
        string[] client = ["turnutils_uclient", "-t", "-S", "-F", "ECDHE-ECDSA-AES256-GCM-SHA384", "-W", RunningRelay.Secret, "-u", "uclient", "-e", relay.MediaNode.Address.ToString(), "-r", $"{echo.Port}", "-p", $"{relay.TlsListener.Port}", "-n", "5", "-m", "1", "-c", "127.0.0.1"];
        await Eventually.TrueAsync(async () =>
        {
            var output = await RunAsync("timeout", ["12", "stdbuf", "-oL", .. client]);
            return output.Contains("client session connected with cipher", StringComparison.Ordinal) && output.Contains("tot_send_msgs=5, tot_recv_msgs=5", StringComparison.Ordinal);
        }, "turnutils_uclient gets back what it sends", TimeSpan.FromMinutes(2));
    }

    /// <summary>The operator's first call can arrive before coturn handles the signal, which would end it.</summary>
    [Fact]
    public async Task Tls_CertificateWhileCoturnStarts_EndsNothing()
    {
        for (var i = 0; i < 3; i++)
        {
            var starting = new StartingRelay(TestCertificate.Create("early.example.com"));
            await starting.InitializeAsync();
            Assert.True((await starting.ReportAsync()).IsReady);
            await starting.DisposeAsync();
        }
    }

    /// <summary>Secrets and peers must still change when an administrator lets a certificate expire.</summary>
    [Fact]
    public async Task Tls_SameCertificateAfterItsEnd_IsNotRefused()
    {
        var ended = new EndingRelay();
        await ended.InitializeAsync();
        var given = TestCertificate.Create("ends.example.com");
        var state = new TurnState { Secrets = [RunningRelay.Secret], Peers = ["127.0.0.77"], Certificate = given.Chain, PrivateKey = given.Key };
        await ended.Operator.PutStateAsync(state, default);
        ended.Offset = TimeSpan.FromDays(91);
        await ended.Operator.PutStateAsync(state with { Peers = ["127.0.0.78"] }, default);
        await Assert.ThrowsAsync<NodeControlException>(() => ended.Operator.PutStateAsync(state with { Certificate = $"{given.Chain}\n" }, default));
        await ended.DisposeAsync();
    }

    private sealed class StartingRelay(TestCertificate certificate) : RunningRelay
    {
        private protected override TurnOptions Adapt(TurnOptions options) => options with { TlsPort = FreePort.Next() };

        private protected override TurnState Adapt(TurnState state) => state with { Certificate = certificate.Chain, PrivateKey = certificate.Key };
    }

    private sealed class EndingRelay : RunningRelay
    {
        private readonly ShiftedTime _time = new();

        public TimeSpan Offset
        {
            set => _time.Offset = value;
        }

        private protected override TimeProvider Time => _time;

        private protected override TurnOptions Adapt(TurnOptions options) => options with { TlsPort = FreePort.Next() };
    }

    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
    }

    private Task<TurnReport> ApplyAsync(TestCertificate given) =>
        relay.Operator.PutStateAsync(new TurnState { Secrets = [RunningRelay.Secret], Peers = [relay.MediaNode.Address.ToString()], Certificate = given.Chain, PrivateKey = given.Key }, default);

    private async Task<TurnReport> ApplyServedAsync(TestCertificate given)
    {
        TurnReport? report = null;
        await Eventually.TrueAsync(async () => (report = await ApplyAsync(given)).CertificateUntil is not null, "the certificate is served");
        using var expected = X509Certificate2.CreateFromPem(given.Chain);
        var subject = expected.Subject.Replace("=", " = ", StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => (await OpenSslAsync()).Contains(subject, StringComparison.Ordinal), $"coturn has read the certificate of {subject}");
        return report!;
    }

    private async Task<TurnClient> AllocatedAsync()
    {
        var username = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 300}:meeting:{Guid.NewGuid():N}";
        var tls = new SslClientAuthenticationOptions { TargetHost = "relay.example.com", RemoteCertificateValidationCallback = (_, _, _, _) => true };
        var client = await TurnClient.ConnectAsync(relay.TlsListener, username, RunningRelay.Password(username), isTcp: true, realm: null, default, tls);
        Assert.Equal(0, await client.AllocateAsync(default));
        return client;
    }

    private Task<string> OpenSslAsync(params string[] arguments) => RunAsync("openssl", ["s_client", "-connect", relay.TlsListener.ToString(), "-showcerts", .. arguments]);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return output + await errors;
    }
}
