using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Tests the deletion of rows of old meetings while a server runs.</summary>
public sealed class RowRetentionTests
{
    [Fact]
    public async Task Retention_MeetingEndedLongAgo_DeletesRow()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var first = await TestSignaling.StartAsync(cluster);
        var rows = first.Service<IMeetingRepository>();
        var keep = first.Options.RowRetention!.Value;
        await AddEndedMeetingAsync("long-ago", keep + TimeSpan.FromHours(1));
        await AddEndedMeetingAsync("lately", keep - TimeSpan.FromHours(1));

        await using var second = await TestSignaling.StartAsync(cluster, options => options with { Database = first.Options.Database });

        await Eventually.TrueAsync(async () => await rows.FindAsync(TestCluster.Tenant, "long-ago", default) is null, "the old rows are deleted");
        Assert.NotNull(await rows.FindAsync(TestCluster.Tenant, "lately", default));

        async Task AddEndedMeetingAsync(string id, TimeSpan ago)
        {
            await rows.AddAsync(new MeetingRow { Tenant = TestCluster.Tenant, MeetingId = id, Title = id }, default);
            await rows.CloseAsync(TestCluster.Tenant, id, (DateTimeOffset.UtcNow - ago).ToUnixTimeMilliseconds(), default);
        }
    }
}
