using System.Text.Json.Nodes;
using MeetOperator.Operator.Certificates;

namespace MeetOperator.Operator.Tests.Webhook;

public sealed class MountedCertificateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meet-webhook-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Refresh_FilesChanged_ServesNewAndIgnoresInvalidPair()
    {
        await using var stage = await WebhookStage.StartAsync(1, WebhookConfigurations.Options with { CertificateDirectory = _folder.FullName });
        var now = stage.Time.GetUtcNow();
        using var first = Authority.Create("first", now, TimeSpan.FromDays(30));
        using var second = Authority.Create("second", now, TimeSpan.FromDays(30));
        Write(first, now);
        await stage.RefreshAsync();
        await CallAsync(stage, first);

        Write(second, now);
        await stage.RefreshAsync();
        await CallAsync(stage, second);

        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "tls.key"), "half of a file");
        var broken = await Assert.ThrowsAsync<IOException>(stage.RefreshAsync);
        Assert.Contains("tls.crt and tls.key", broken.Message, StringComparison.Ordinal);
        await CallAsync(stage, second);
    }

    private void Write(Authority authority, DateTimeOffset now)
    {
        using var issued = authority.Issue(WebhookConfigurations.Options.DnsNames(WebhookConfigurations.Namespace), now, TimeSpan.FromDays(7));
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.crt"), issued.ExportCertificatePem() + "\n" + authority.CertificatePem);
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(issued)!;
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private static async Task CallAsync(WebhookStage stage, Authority authority)
    {
        var meeting = JsonNode.Parse("""{"apiVersion":"meetoperator.io/v1alpha1","kind":"Meeting","metadata":{"name":"m","namespace":"meet-a"},"spec":{"tenantRef":{"name":"a"}}}""")!.AsObject();
        Assert.True((await WebhookCaller.CallAsync(stage.Addresses[0], "/validate", authority.CertificatePem, WebhookCaller.About(meeting), stage.Time))["allowed"]!.GetValue<bool>());
    }
}
