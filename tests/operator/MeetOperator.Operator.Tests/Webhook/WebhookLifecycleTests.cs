using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Operator.Tests.Lifecycle;

namespace MeetOperator.Operator.Tests.Webhook;

/// <summary>The webhook of complete operators: two replicas, their own authority, and responses that depend on other objects.</summary>
public sealed class WebhookLifecycleTests
{
    [Fact]
    public async Task Replicas_GeneratedRole_AreReadyOnceTrusted()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);

        // Created empty, like by the chart.
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-system" } }, default);
        await cluster.Client.CreateAsync(new Secret { Metadata = new ObjectMeta { Name = "meet-webhook-ca", Namespace = "meet-system" } }, default);
        foreach (var name in (string[])["operator-1", "operator-2"])
        {
            await cluster.StartOperatorAsync(name, proxy.Address, options => options with { Webhook = WebhookConfigurations.Options });
        }

        using var http = new HttpClient();
        await cluster.EventuallyAsync(
            async () => (await ReadinessAsync(http, cluster, "operator-1")).Contains("caBundle", StringComparison.Ordinal), "a replica is not ready while it is not trusted");
        await WebhookConfigurations.CreateAsync(cluster.Client);
        foreach (var name in (string[])["operator-1", "operator-2"])
        {
            await cluster.EventuallyAsync(async () => await ReadinessAsync(http, cluster, name) == "ok", $"{name} is ready");
            var answer = await ReviewAsync(cluster, name, "/validate", Meeting("standup", "a"));
            Assert.True(answer["allowed"]!.GetValue<bool>());
            Assert.Contains("tenant a does not exist", answer["warnings"]![0]!.GetValue<string>(), StringComparison.Ordinal);
        }

        Assert.Empty(proxy.Rejected);
        Assert.Empty(proxy.Unused.Intersect(RbacTests.Webhook));
    }

    [Fact]
    public async Task MountedCertificate_WithoutConfigurationAccess_IsReady()
    {
        var folder = Directory.CreateTempSubdirectory("meet-mounted-");
        try
        {
            var now = TimeProvider.System.GetUtcNow();
            using var authority = Authority.Create("theirs", now, TimeSpan.FromDays(1));
            using var issued = authority.Issue(WebhookConfigurations.Options.DnsNames(WebhookConfigurations.Namespace), now, TimeSpan.FromHours(1));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "tls.crt"), issued.ExportCertificatePem());
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "tls.key"), issued.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            await using var cluster = await TestCluster.StartAsync(withOperator: false);
            await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
            proxy.Reject = (_, resource) => resource.EndsWith("webhookconfigurations", StringComparison.Ordinal) ? "not yours" : null;
            await cluster.StartOperatorAsync(
                "operator-1", proxy.Address, options => options with { Webhook = WebhookConfigurations.Options with { CertificateDirectory = folder.FullName } });

            using var http = new HttpClient();
            await cluster.EventuallyAsync(async () => await ReadinessAsync(http, cluster, "operator-1") == "ok", "the replica is ready");
            var answer = await WebhookCaller.CallAsync(
                cluster.WebhookAddress("operator-1"), "/validate", authority.CertificatePem, WebhookCaller.About(Meeting("standup", "a")), TimeProvider.System);
            Assert.True(answer["allowed"]!.GetValue<bool>());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Mutate_MeetingWithoutTenant_SetsNamespaceOwner()
    {
        await using var cluster = await StartAsync();
        await cluster.CreateTenantAsync("a");

        const string Finalizer = """{"op":"add","path":"/metadata/finalizers","value":["meetoperator.io/free-room"]}""";
        var patch = string.Empty;
        await cluster.EventuallyAsync(
            async () => (patch = await PatchAsync(cluster, Meeting("standup", null))).Contains("tenantRef", StringComparison.Ordinal), "the namespace's tenant is in the informer", () => patch);

        Assert.Equal($$$"""[{"op":"add","path":"/spec/tenantRef","value":{"name":"a"}},{{{Finalizer}}}]""", patch);
        Assert.Equal($"[{Finalizer}]", await PatchAsync(cluster, Meeting("standup", "b")));
        var complete = Meeting("standup", "b");
        complete["metadata"]!["finalizers"] = new JsonArray("example.com/other", "meetoperator.io/free-room");
        Assert.Null((await ReviewAsync(cluster, "operator-1", "/mutate", complete))["patch"]);
    }

    [Fact]
    public async Task Validate_ReconcilerWouldReject_WarnsOrRejects()
    {
        await using var cluster = await StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateTenantAsync("b");
        var pool = """{"apiVersion":"meetoperator.io/v1alpha1","kind":"SfuPool","metadata":{"name":"q","namespace":"meet-b"},"spec":{"exposure":{"portRange":{"min":42060,"max":42070}}}}""";
        var tenant = """{"apiVersion":"meetoperator.io/v1alpha1","kind":"Tenant","metadata":{"name":"thief"},"spec":{"namespace":"meet-a"}}""";

        await ExpectAsync(cluster, Meeting("intruder", "b"), "create the meeting in namespace meet-b");
        await ExpectRejectionAsync(cluster, JsonNode.Parse(pool)!.AsObject(), "spec.exposure.portRange: ports 42000-42063 belong to a pool of another namespace");
        await ExpectAsync(cluster, JsonNode.Parse(tenant)!.AsObject(), "belongs to tenant a");
    }

    [Fact]
    public async Task Validate_UpdateAboveQuota_IsRejected()
    {
        await using var cluster = await StartAsync();
        await cluster.CreateTenantAsync("a", new TenantQuotas { ParticipantsPerMeeting = 10 });
        var (few, many) = (Meeting("standup", "a"), Meeting("standup", "a"));
        few["spec"]!["maxParticipants"] = 10;
        many["spec"]!["maxParticipants"] = 5000;
        JsonObject? last = null;
        await cluster.EventuallyAsync(async () => !(last = await UpdateAsync(few, many))["allowed"]!.GetValue<bool>(), "the update is rejected", () => last!.ToJsonString());
        Assert.Contains("spec.maxParticipants: 5000 is above the tenant's quota of 10", last!["status"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);

        // A meeting that was above the quota before can be renamed, lowered, and lose its finalizer.
        var renamed = (JsonObject)many.DeepClone();
        renamed["spec"]!["title"] = "Stand-up";
        var lower = (JsonObject)many.DeepClone();
        lower["spec"]!["maxParticipants"] = 4000;
        var finalized = (JsonObject)many.DeepClone();
        finalized["metadata"]!["finalizers"] = new JsonArray("meetoperator.io/free-room");
        foreach (var (before, after) in ((JsonObject, JsonObject)[])[(many, renamed), (many, lower), (many, finalized), (finalized, many), (few, few)])
        {
            var answer = await UpdateAsync(before, after);
            Assert.True(answer["allowed"]!.GetValue<bool>(), answer.ToJsonString());
        }

        async Task<JsonObject> UpdateAsync(JsonObject old, JsonObject now) => await WebhookCaller.CallAsync(
            cluster.WebhookAddress("operator-1"), "/validate", await WebhookConfigurations.BundleAsync(cluster.Client),
            WebhookCaller.About((JsonObject)now.DeepClone(), "UPDATE", (JsonObject)old.DeepClone()), TimeProvider.System);
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync(withOperator: false);
        await WebhookConfigurations.CreateAsync(cluster.Client);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { Webhook = WebhookConfigurations.Options });
        using var http = new HttpClient();
        await cluster.EventuallyAsync(async () => await ReadinessAsync(http, cluster, "operator-1") == "ok", "the replica is ready");
        return cluster;
    }

    private static async Task ExpectAsync(TestCluster cluster, JsonObject item, string warning)
    {
        JsonObject? last = null;
        await cluster.EventuallyAsync(
            async () =>
            {
                last = await ReviewAsync(cluster, "operator-1", "/validate", (JsonObject)item.DeepClone());
                return last["allowed"]!.GetValue<bool>() && last["warnings"]?.AsArray().Any(text => text!.GetValue<string>().Contains(warning, StringComparison.Ordinal)) == true;
            },
            warning,
            () => last!.ToJsonString());
    }

    private static async Task ExpectRejectionAsync(TestCluster cluster, JsonObject item, string message)
    {
        JsonObject? last = null;
        await cluster.EventuallyAsync(
            async () =>
            {
                last = await ReviewAsync(cluster, "operator-1", "/validate", (JsonObject)item.DeepClone());
                return !last["allowed"]!.GetValue<bool>() && last["status"]!["message"]!.GetValue<string>().Contains(message, StringComparison.Ordinal);
            },
            message,
            () => last!.ToJsonString());
    }

    private static async Task<JsonObject> ReviewAsync(TestCluster cluster, string replica, string path, JsonObject item) => await WebhookCaller.CallAsync(
        cluster.WebhookAddress(replica), path, await WebhookConfigurations.BundleAsync(cluster.Client), WebhookCaller.About(item), TimeProvider.System);

    private static async Task<string> PatchAsync(TestCluster cluster, JsonObject item) =>
        Encoding.UTF8.GetString(Convert.FromBase64String((await ReviewAsync(cluster, "operator-1", "/mutate", item))["patch"]!.GetValue<string>()));

    private static async Task<string> ReadinessAsync(HttpClient http, TestCluster cluster, string replica)
    {
        using var answer = await http.GetAsync(new Uri(cluster.OperatorAddress(replica), "/readyz"));
        return await answer.Content.ReadAsStringAsync();
    }

    private static JsonObject Meeting(string name, string? tenant)
    {
        var meeting = new JsonObject
        {
            ["apiVersion"] = "meetoperator.io/v1alpha1",
            ["kind"] = "Meeting",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "meet-a" },
            ["spec"] = new JsonObject(),
        };
        if (tenant is not null)
        {
            meeting["spec"]!["tenantRef"] = new JsonObject { ["name"] = tenant };
        }

        return meeting;
    }
}
