using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests meetings and tenants that are deleted while no server runs.</summary>
[Collection(ServersCollection.Name)]
public sealed class OrphanedRowsTests(PostgresServer postgres) : IAsyncLifetime
{
    private readonly string _folder = Daemon.NewFolder("rows");
    private TestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        await _cluster.AddTenantAsync("acme", "meet-acme");
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Start_MeetingsDeletedWhileStopped_ClosesTheirRows(string engine)
    {
        var database = engine == "sqlite" ? $"sqlite:{_folder}/meet.db" : await postgres.CreateDatabaseAsync();
        var (kept, deleted, ofTenant) = (Id(), Id(), Id());
        await _cluster.ApplyMeetingAsync(kept);
        await _cluster.ApplyMeetingAsync(deleted);
        await _cluster.ApplyMeetingAsync(ofTenant, @namespace: "meet-acme", tenant: "acme");
        await using (var first = await StartAsync(database))
        {
            foreach (var id in new[] { kept, deleted, ofTenant })
            {
                await Eventually.TrueAsync(() => first.Service<MeetingDirectory>().Find(id)?.Assignment is not null, "the meeting is placed");
                await first.JoinAsync(id, "Ann");
            }
        }

        await _cluster.Client.DeleteAsync<Meeting>(new NamespacedName(TestCluster.Namespace, deleted), default);
        await _cluster.Client.DeleteAsync<Tenant>(new NamespacedName(null, "acme"), default);

        await using var second = await StartAsync(database);
        var rows = second.Service<IMeetingRepository>();
        await Eventually.TrueAsync(async () => await StatusAsync(TestCluster.Tenant, deleted) == MeetingRowStatus.Ended, "the row of the meeting is closed");
        await Eventually.TrueAsync(async () => await StatusAsync("acme", ofTenant) == MeetingRowStatus.Ended, "the row of the tenant's meeting is closed");
        Assert.Equal(MeetingRowStatus.Open, await StatusAsync(TestCluster.Tenant, kept));
        Assert.True(await second.Service<IRetentionRepository>().RemoveEndedBeforeAsync(long.MaxValue, 10, default) >= 2);
        Assert.NotNull(await rows.FindAsync(TestCluster.Tenant, kept, default));

        async Task<string> StatusAsync(string tenant, string id) => (await rows.FindAsync(tenant, id, default))!.Status;
    }

    private static string Id() => Guid.NewGuid().ToString("D");

    private Task<TestSignaling> StartAsync(string database) => TestSignaling.StartAsync(
        _cluster, options => options with { Database = database, Timings = options.Timings with { RowCheckInterval = TimeSpan.FromMilliseconds(200) } });
}
