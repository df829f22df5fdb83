using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Hashes of tenants' API keys for signaling, with the generated role.</summary>
public sealed class ApiKeyTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";
    private const string OtherKey = "fedcba9876543210fedcba9876543210";

    [Fact]
    public async Task ApiKey_BoundNamespace_IsHashedAndUpdatedOnRotation()
    {
        await using var stage = await Stage.StartAsync();
        await stage.GiveKeyAsync(Key);

        await stage.HashesAsync(ApiKeyHashes.Of(Key));
        await stage.ConditionAsync(ConditionStatus.True, "InUse");
        Assert.DoesNotContain(Key, (await stage.MapAsync())!.Data!.Values);

        await stage.PutSecretAsync(OtherKey);
        await stage.HashesAsync(ApiKeyHashes.Of(OtherKey));
        await stage.PutSecretAsync($"sha256:{ApiKeyHashes.Of(Key)!.ToUpperInvariant()}\n");
        await stage.HashesAsync(ApiKeyHashes.Of(Key));

        await stage.Cluster.Client.DeleteAsync<Secret>(Stage.Secret, default);
        await stage.HashesAsync(null);
        await stage.ConditionAsync(ConditionStatus.False, "SecretMissing", "create Secret api with the entry key in namespace meet-a");
    }

    [Fact]
    public async Task ApiKey_UnboundNamespace_ReportsCommandInCondition()
    {
        await using var stage = await Stage.StartAsync(isBound: false);
        await stage.GiveKeyAsync(Key);

        await stage.ConditionAsync(
            ConditionStatus.False,
            "Forbidden",
            "kubectl create rolebinding meet-tenant-secrets --namespace=meet-a --clusterrole=meet-tenant-secrets --serviceaccount=meet-system:meet-operator");
        await stage.HashesAsync(null);
        var tenant = await stage.Cluster.TenantAsync("a");
        Assert.True(tenant.IsReady(), "the tenant is ready");
        Assert.Contains("kubectl create rolebinding", tenant.Status!.Message, StringComparison.Ordinal);

        stage.Proxy.Bound["meet-a"] = true;
        await stage.HashesAsync(ApiKeyHashes.Of(Key));
        await stage.ConditionAsync(ConditionStatus.True, "InUse");

        // Removing the permission revokes the keys.
        stage.Proxy.Bound.Clear();
        await stage.HashesAsync(null);
        await stage.ConditionAsync(ConditionStatus.False, "Forbidden");
    }

    [Fact]
    public async Task ApiKey_ApiServerFails_StaysInUse()
    {
        await using var stage = await Stage.StartAsync();
        await stage.GiveKeyAsync(Key);
        await stage.HashesAsync(ApiKeyHashes.Of(Key));

        var rejected = 0;
        stage.Proxy.Fail = (verb, resource) => (verb, resource) == ("get", "secrets") && Interlocked.Increment(ref rejected) > 0;
        await stage.Cluster.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref rejected) >= 5), "reads of the Secret have failed");

        await stage.HashesAsync(ApiKeyHashes.Of(Key));
        Assert.True(Conditions.IsTrue((await stage.Cluster.TenantAsync("a")).Status!.Conditions, MeetConditions.ApiKeysReady));
    }

    [Theory]
    [InlineData("short", "32 to 512 characters")]
    [InlineData("0123456789abcdef0123456789abcde", "32 to 512 characters")]
    [InlineData("sha256:1234", "64 hex digits")]
    public async Task ApiKey_InvalidValue_IsReported(string text, string message)
    {
        await using var stage = await Stage.StartAsync();

        await stage.GiveKeyAsync(text);

        await stage.ConditionAsync(ConditionStatus.False, "KeyInvalid", message);
        await stage.HashesAsync(null);
    }

    /// <summary>A tenant with the namespace of another tenant must not be able to use its Secrets as API keys.</summary>
    [Fact]
    public async Task ApiKey_NamespaceOfAnotherTenant_IsNotRead()
    {
        await using var stage = await Stage.StartAsync();
        await stage.PutSecretAsync(Key);
        await stage.Cluster.Client.CreateAsync(
            new Tenant
            {
                Metadata = new ObjectMeta { Name = "thief" },
                Spec = new TenantSpec { Namespace = "meet-a", ApiKeys = [new TenantApiKey { Name = "one", SecretRef = new SecretKeyReference { Name = "api" } }] },
            },
            default);

        await stage.ConditionAsync(ConditionStatus.False, "NamespaceNotOwned", tenant: "thief");
        await stage.HashesAsync(null, tenant: "thief");
    }

    [Fact]
    public async Task ConfigMap_ChangedOrDeletedByHand_IsRestored()
    {
        await using var stage = await Stage.StartAsync();
        await stage.GiveKeyAsync(Key);
        await stage.HashesAsync(ApiKeyHashes.Of(Key));
        var map = (await stage.MapAsync())!.Metadata.NamespacedName;

        await stage.Cluster.Client.MergePatchAsync<ConfigMap>(map, JsonNode.Parse($$$"""{"data":{"one":"{{{ApiKeyHashes.Of(OtherKey)}}}"}}""")!, default);
        await stage.HashesAsync(ApiKeyHashes.Of(Key));
        await stage.Cluster.Client.DeleteAsync<ConfigMap>(map, default);
        await stage.HashesAsync(ApiKeyHashes.Of(Key));

        await stage.Cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"apiKeys":[]}}""")!, default);
        await stage.HashesAsync(null);
        await stage.Cluster.EventuallyAsync(
            async () => Conditions.Get((await stage.Cluster.TenantAsync("a")).Status!.Conditions, MeetConditions.ApiKeysReady) is null, "a tenant without keys has no ApiKeysReady condition");

        await stage.Cluster.Client.DeleteAsync<Tenant>(new NamespacedName(null, "a"), default);
        await stage.Cluster.EventuallyAsync(async () => await stage.Cluster.Client.TryGetAsync<ConfigMap>(map, default) is null, "the ConfigMap is deleted with its tenant");
    }

    /// <summary>Tenant a with one API key, and an operator with its generated role.</summary>
    private sealed class Stage(TestCluster cluster, RbacProxy proxy) : IAsyncDisposable
    {
        public static readonly NamespacedName Secret = new("meet-a", "api");

        public TestCluster Cluster { get; } = cluster;
        public RbacProxy Proxy { get; } = proxy;

        public static async Task<Stage> StartAsync(bool isBound = true)
        {
            var cluster = await TestCluster.StartAsync(withOperator: false);
            var stage = new Stage(cluster, await RbacProxy.StartAsync(cluster.ServerAddress));
            if (isBound)
            {
                stage.Proxy.Bound["meet-a"] = true;
            }

            await cluster.StartOperatorAsync("operator-1", stage.Proxy.Address, options => options with { ApiKeyInterval = TimeSpan.FromMilliseconds(200) });
            await cluster.CreateTenantAsync("a");
            return stage;
        }

        public async Task GiveKeyAsync(string text)
        {
            await PutSecretAsync(text);
            await Cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"apiKeys":[{"name":"one","secretRef":{"name":"api"}}]}}""")!, default);
        }

        public async Task PutSecretAsync(string text)
        {
            await Cluster.Client.TryDeleteAsync<Secret>(Secret, default);
            await Cluster.Client.CreateAsync(
                new Secret { Metadata = new ObjectMeta { Name = Secret.Name, Namespace = Secret.Namespace }, StringData = new Dictionary<string, string> { ["key"] = text } }, default);
        }

        public async Task<ConfigMap?> MapAsync(string tenant = "a") =>
            await Cluster.Client.TryGetAsync<ConfigMap>(new NamespacedName("meet-system", ApiKeyHashes.NameOf(await Cluster.TenantAsync(tenant))), default);

        /// <summary>Waits until the ConfigMap contains the hash for key one; null waits for a ConfigMap without hashes.</summary>
        public async Task HashesAsync(string? hash, string tenant = "a")
        {
            ConfigMap? last = null;
            await Cluster.EventuallyAsync(
                async () => (last = await MapAsync(tenant)) is { } map && (hash is null ? map.Data is null or { Count: 0 } : map.Data is { Count: 1 } && map.Data["one"] == hash),
                $"the hash is {hash ?? "none"}",
                () => string.Join(' ', last?.Data ?? new Dictionary<string, string>()));
        }

        public Task ConditionAsync(ConditionStatus status, string reason, string message = "", string tenant = "a")
        {
            Condition? last = null;
            return Cluster.EventuallyAsync(
                async () => (last = Conditions.Get((await Cluster.TenantAsync(tenant)).Status?.Conditions, MeetConditions.ApiKeysReady)) is { } found
                    && (found.Status, found.Reason) == (status, reason) && found.Message.Contains(message, StringComparison.Ordinal),
                $"ApiKeysReady is {status} by {reason}: {message}",
                () => last?.ToString() ?? "none");
        }

        public async ValueTask DisposeAsync()
        {
            await Cluster.DisposeAsync();
            await Proxy.DisposeAsync();
        }
    }
}
