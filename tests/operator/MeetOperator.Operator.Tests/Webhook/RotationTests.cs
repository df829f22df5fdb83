using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Webhook;

public sealed class RotationTests
{
    private const int Callers = 4;

    [Fact]
    public async Task Rotation_UnderLoad_NoAdmissionFails()
    {
        await using var stage = await WebhookStage.StartAsync(replicas: 2);
        await SettleAsync(stage);
        var first = await WebhookConfigurations.BundleAsync(stage.Client);
        await using var load = new Load(stage);

        var sawBoth = false;
        for (var day = 0; day < 260; day += 3)
        {
            stage.Time.Advance(TimeSpan.FromDays(3));
            await SettleAsync(stage);
            await load.RoundAsync();
            sawBoth |= Authorities.Certificates(await WebhookConfigurations.BundleAsync(stage.Client)).Count == 2;
        }

        Assert.Empty(load.Failures);
        Assert.True(sawBoth);
        var last = await WebhookConfigurations.BundleAsync(stage.Client);
        Assert.NotEqual(first, last);
        Assert.Single(Authorities.Certificates(last));
        Assert.All(stage.Certificates, replica => Assert.Equal(Authorities.Certificates(last)[0].Subject, replica.Current!.Certificate.Issuer));
    }

    [Fact]
    public async Task AuthoritySecret_DeletedUnderLoad_NoAdmissionFails()
    {
        await using var stage = await WebhookStage.StartAsync(replicas: 2);
        await SettleAsync(stage);
        var before = await WebhookConfigurations.BundleAsync(stage.Client);
        await using var load = new Load(stage);

        await stage.Client.DeleteAsync<Secret>(new NamespacedName(WebhookConfigurations.Namespace, "meet-webhook-ca"), default);
        await stage.Keeper.AdvanceAsync(default);
        await load.RoundAsync();
        await stage.RefreshAsync();
        await load.RoundAsync();
        stage.Time.Advance(AuthorityPlan.Retire);
        await SettleAsync(stage);
        await load.RoundAsync();

        Assert.Empty(load.Failures);
        Assert.DoesNotContain(before.Trim(), await WebhookConfigurations.BundleAsync(stage.Client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bundle_OverwrittenByHand_IsRestoredWithoutForeignEntries()
    {
        await using var stage = await WebhookStage.StartAsync(replicas: 1);
        await SettleAsync(stage);
        var before = await WebhookConfigurations.AllAsync(stage.Client);

        var key = new NamespacedName(null, "meet-webhook");
        var configuration = await stage.Client.GetAsync<MutatingWebhookConfiguration>(key, default);
        configuration.Webhooks![0].ClientConfig.CaBundle = null;
        await stage.Client.ReplaceAsync(configuration, default);
        await stage.Keeper.AdvanceAsync(default);

        Assert.Equal(before, await WebhookConfigurations.AllAsync(stage.Client));
        Assert.All(before, entry => Assert.Equal(entry.Name.EndsWith("meetoperator.io", StringComparison.Ordinal), entry.Bundle.Length > 0));
    }

    [Fact]
    public async Task Certificate_OfReplica_IsRenewedBeforeExpiry()
    {
        await using var stage = await WebhookStage.StartAsync(replicas: 1);
        await SettleAsync(stage);
        var first = stage.Certificates[0].Current!;

        stage.Time.Advance(IssuedCertificates.Lifetime * 0.7);
        await stage.RefreshAsync();

        var second = stage.Certificates[0].Current!;
        Assert.NotEqual(first.Certificate.Thumbprint, second.Certificate.Thumbprint);
        Assert.True(first.Expires > stage.Time.GetUtcNow());
        Assert.Equal(first.Certificate.Issuer, second.Certificate.Issuer);
    }

    [Fact]
    public async Task Replica_BundleNotTrusted_IsNotReady()
    {
        await using var stage = await WebhookStage.StartAsync(replicas: 1);
        await stage.RefreshAsync();
        Assert.Contains("no serving certificate", stage.Certificates[0].Problem, StringComparison.Ordinal);

        await stage.Keeper.AdvanceAsync(default);
        var key = new NamespacedName(null, "meet-webhook");
        var configuration = await stage.Client.GetAsync<ValidatingWebhookConfiguration>(key, default);
        configuration.Webhooks![0].ClientConfig.CaBundle = null;
        await stage.Client.ReplaceAsync(configuration, default);
        await stage.RefreshAsync();
        Assert.Contains("does not include the authority", stage.Certificates[0].Problem, StringComparison.Ordinal);

        await SettleAsync(stage);
        Assert.Null(stage.Certificates[0].Problem);
    }

    /// <summary>Runs what both loops do within a minute.</summary>
    private static async Task SettleAsync(WebhookStage stage)
    {
        while (await stage.Keeper.AdvanceAsync(default))
        {
        }

        await stage.RefreshAsync();
    }

    /// <summary>Continuous callers. Each reads the bundle, opens a new connection, and calls both replicas in turn.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly WebhookStage _stage;
        private readonly CancellationTokenSource _stop = new();
        private readonly long[] _rounds = new long[Callers];
        private readonly Task[] _callers;

        public Load(WebhookStage stage)
        {
            _stage = stage;
            _callers = [.. Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(caller)))];
        }

        public ConcurrentQueue<string> Failures { get; } = new();

        /// <summary>Waits until each caller has started and completed at least one more round.</summary>
        public async Task RoundAsync()
        {
            var begun = _rounds.Select((_, caller) => Interlocked.Read(ref _rounds[caller])).ToArray();
            using var deadline = new CancellationTokenSource(TestCluster.Timeout);
            while (begun.Where((count, caller) => Interlocked.Read(ref _rounds[caller]) < count + 2).Any())
            {
                await Task.Delay(1, deadline.Token);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_callers);
        }

        private async Task CallAsync(int caller)
        {
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    var address = _stage.Addresses[(int)(Interlocked.Read(ref _rounds[caller]) % _stage.Addresses.Count)];
                    var bundle = await WebhookConfigurations.BundleAsync(_stage.Client);
                    var answer = await WebhookCaller.CallAsync(address, "/validate", bundle, WebhookCaller.About(Meeting()), _stage.Time);
                    Assert.True(answer["allowed"]!.GetValue<bool>());
                }
                catch (Exception failed) when (failed is not OutOfMemoryException)
                {
                    Failures.Enqueue($"{_stage.Time.GetUtcNow():u} {failed}");
                }

                Interlocked.Increment(ref _rounds[caller]);
                await Task.Delay(5, CancellationToken.None); // leaves the processor to the rotation
            }
        }

        private static JsonObject Meeting() =>
            JsonNode.Parse("""{"apiVersion":"meetoperator.io/v1alpha1","kind":"Meeting","metadata":{"name":"m","namespace":"meet-a"},"spec":{"tenantRef":{"name":"a"}}}""")!.AsObject();
    }
}
