using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.TurnPools;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnSecretsTests
{
    private static readonly NamespacedName Secret = new("meet-system", TurnRecord.SecretName);

    private static TurnPool Pool(string name, string @namespace = "meet-a") => new() { Metadata = new ObjectMeta { Name = name, Namespace = @namespace, Uid = $"uid-{name}" } };

    private static TurnRecord Record(TurnPool pool, int relays = 0, bool isShared = false) => new()
    {
        Uid = pool.Metadata.Uid!,
        Namespace = pool.Metadata.Namespace!,
        IsShared = isShared,
        Keys = [new TurnKey(1, "secret", default)],
        KeyVersion = 1,
        Relays = [.. Enumerable.Range(0, relays).Select(number => new TurnRelay($"{new string('r', 240)}-{number}", [new string('u', 120), new string('v', 120)]))],
    };

    /// <summary>What is decided from for a pool without a record.</summary>
    private static TurnRecord None(TurnPool pool) => new() { Uid = pool.Metadata.Uid!, Namespace = pool.Metadata.Namespace! };

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-system" } }, default);
        return cluster;
    }

    private static async Task<IEnumerable<string>> EntriesAsync(TestCluster cluster) => (await cluster.Client.GetAsync<Secret>(Secret, default)).Data!.Keys.Order(StringComparer.Ordinal);

    [Fact]
    public async Task Write_ManyPoolsAtOnce_StoresAll()
    {
        await using var cluster = await StartAsync();
        using var secrets = new TurnSecrets(cluster.Client, new OperatorOptions());
        TurnPool[] pools = [.. Enumerable.Range(0, 8).Select(number => Pool($"p{number}"))];

        Assert.All(await Task.WhenAll(pools.Select(pool => secrets.WriteAsync(pool.Metadata.NamespacedName, None(pool), Record(pool), default))), Assert.Null);

        Assert.Equal(pools.Select(pool => $"meet-a_{pool.Metadata.Name}"), await EntriesAsync(cluster));
        Assert.Equal("secret", (await secrets.ReadAsync(pools[3], default)).Key?.Secret);
    }

    /// <summary>An operator that was suspended after it had read the Secret must not take newer secrets from the relays and their credentials.</summary>
    [Fact]
    public async Task Write_EntryChangedMeanwhile_FailsWithAConflict()
    {
        await using var cluster = await StartAsync();
        using var suspended = new TurnSecrets(cluster.Client, new OperatorOptions());
        using var leading = new TurnSecrets(cluster.Client, new OperatorOptions());
        var pool = Pool("edge");
        await leading.WriteAsync(pool.Metadata.NamespacedName, None(pool), Record(pool), default);
        var read = await suspended.ReadAsync(pool, default);
        var newer = read with { Keys = [.. read.Keys, new TurnKey(2, "newer", default)], KeyVersion = 2 };
        Assert.Null(await leading.WriteAsync(pool.Metadata.NamespacedName, read, newer, default));

        foreach (var before in (TurnRecord[])[read, None(pool)])
        {
            var error = await Assert.ThrowsAsync<Kube.Client.Errors.KubeApiException>(() => suspended.WriteAsync(pool.Metadata.NamespacedName, before, read with { Region = "north" }, default));
            Assert.True(error.IsConflict);
        }

        Assert.Equal("newer", (await suspended.ReadAsync(pool, default)).Key?.Secret);
    }

    [Fact]
    public async Task Sweep_EntryWithoutPool_IsRemoved()
    {
        await using var cluster = await StartAsync();
        using var secrets = new TurnSecrets(cluster.Client, new OperatorOptions());
        foreach (var pool in (TurnPool[])[Pool("gone"), Pool("kept")])
        {
            await secrets.WriteAsync(pool.Metadata.NamespacedName, None(pool), Record(pool), default);
        }

        await secrets.SweepAsync(entry => entry == "meet-a_kept", default);

        Assert.Equal(["meet-a_kept"], await EntriesAsync(cluster));
    }

    /// <summary>A pool that exists must not lose its secrets because another one has filled the Secret.</summary>
    [Fact]
    public async Task Write_NoRoom_IsReportedAndOthersGoOn()
    {
        await using var cluster = await StartAsync();
        using var secrets = new TurnSecrets(cluster.Client, new OperatorOptions());
        var (first, large, shared) = (Pool("first"), Pool("large"), Pool("shared", "meet-system"));
        await secrets.WriteAsync(first.Metadata.NamespacedName, None(first), Record(first), default);

        var failure = await secrets.WriteAsync(large.Metadata.NamespacedName, None(large), Record(large, relays: 1_500), default);

        Assert.Equal("SecretFull", failure?.Reason);
        Assert.Contains("delete TurnPools, or lower their spec.replicas", failure!.Message, StringComparison.Ordinal);
        Assert.Equal(["meet-a_first"], await EntriesAsync(cluster));
        Assert.Null(await secrets.WriteAsync(first.Metadata.NamespacedName, Record(first), Record(first) with { KeyVersion = 2 }, default));
        Assert.Null(await secrets.WriteAsync(shared.Metadata.NamespacedName, None(shared), Record(shared, relays: 1_500, isShared: true), default));
        Assert.Equal("SecretFull", (await secrets.WriteAsync(first.Metadata.NamespacedName, Record(first) with { KeyVersion = 2 }, Record(first, relays: 9), default))?.Reason);
        Assert.Null(await secrets.RemoveAsync(first.Metadata.NamespacedName, default));
    }

    /// <summary>Relays need their secrets and peers also while the Secret cannot be written or read.</summary>
    [Fact]
    public async Task Write_Refused_IsReportedAndFormerRecordIsKnown()
    {
        await using var cluster = await StartAsync();
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        using var client = new Kube.Client.KubeClient(new Kube.Client.Config.KubeConfig { Server = proxy.Address, Token = cluster.Token });
        using var secrets = new TurnSecrets(client, new OperatorOptions());
        var pool = Pool("edge");
        Assert.Null(await secrets.WriteAsync(pool.Metadata.NamespacedName, None(pool), Record(pool), default));

        proxy.Reject = static (_, resource) => resource == "secrets" ? "no" : null;

        Assert.Equal("SecretNotWritten", (await secrets.WriteAsync(pool.Metadata.NamespacedName, Record(pool), Record(pool) with { KeyVersion = 2 }, default))?.Reason);
        Assert.Equal(1, (await secrets.ReadAsync(pool, default)).KeyVersion);
    }
}
