using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>Tests the client certificate for calls to media nodes, which the operator issues and renews.</summary>
public sealed class ControlCertificateTests
{
    private static readonly NamespacedName Secret = new("meet-system", "meet-control-signaling");

    [Fact]
    public async Task Certificate_FromOtherAuthority_IsUsedWithoutRestart()
    {
        await using var cluster = await TestCluster.StartAsync();
        var node = await cluster.AddNodeAsync("default-aaaaa");
        await using var signaling = await TestSignaling.StartAsync(cluster);
        var meeting = await signaling.CreateAsync();
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)), "Ann is on the node");

        // Both sides trust both authorities, as during a rotation. The next node that is called receives the new certificate.
        using var next = new TestAuthority();
        var both = cluster.Authority.CertificatePem + "\n" + next.CertificatePem;
        var made = next.Caller(ControlRole.Signaling);
        var data = new JsonObject { ["tls.crt"] = Encoded(made.Certificate), ["tls.key"] = Encoded(made.Key), ["ca.crt"] = Encoded(both) };
        await cluster.Client.MergePatchAsync<Secret>(Secret, new JsonObject { ["data"] = data }, default);
        var issuer = TestAuthority.Read(made).Certificate.Issuer;
        await Eventually.TrueAsync(() => signaling.Service<ControlCertificate>().Current!.Certificate.Issuer == issuer, "the new certificate is read", TimeSpan.FromSeconds(60));
        var second = await cluster.AddNodeAsync("default-bbbbb");
        second.Credentials = TestAuthority.Read(cluster.Authority.Node(TestCluster.Namespace, second.Name) with { Authorities = both });
        await cluster.KillNodeAsync(node.Name);

        await Eventually.TrueAsync(() => second.Callers.TryGetValue(ControlRole.Signaling, out var shown) && shown == issuer, "the next node receives the new certificate", TimeSpan.FromSeconds(60));
        Assert.False(ann.Closed.IsCompleted);
    }

    [Fact]
    public async Task Certificate_NotIssuedYet_KeepsServerUnready()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.DeleteAsync<Secret>(Secret, default);
        var starting = TestSignaling.StartAsync(cluster);

        await Task.WhenAny(starting, cluster.Client.GetAsync<Namespace>(new NamespacedName(null, "meet-system"), default));
        Assert.False(starting.IsCompleted);
        var made = cluster.Authority.Caller(ControlRole.Signaling);
        await cluster.Client.CreateAsync(
            new Secret
            {
                Metadata = new ObjectMeta { Name = Secret.Name, Namespace = Secret.Namespace },
                StringData = new Dictionary<string, string> { ["tls.crt"] = made.Certificate, ["tls.key"] = made.Key, ["ca.crt"] = made.Authorities },
            },
            default);

        await using var signaling = await starting;
        Assert.Equal(HttpStatusCode.OK, (await signaling.Http.GetAsync("readyz")).StatusCode);
    }

    private static string Encoded(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
