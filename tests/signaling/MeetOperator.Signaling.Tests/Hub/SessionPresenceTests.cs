using System.Net;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Hub;

/// <summary>Tests presence of participants that were accepted during a Redis outage and leave when it ends.</summary>
[Collection(ServersCollection.Name)]
public sealed class SessionPresenceTests(SessionPresenceTests.Server server, RedisServer redis) : IClassFixture<SessionPresenceTests.Server>, IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly MeetingKey key = new(TestCluster.Tenant, Guid.NewGuid().ToString("D"));
    private TcpForwarder wire = null!;
    private RedisMeetingBus cut = null!;
    private RedisMeetingBus other = null!;
    private SessionPresence presence = null!;

    public sealed class Server : ServerFixture;

    public async Task InitializeAsync()
    {
        wire = new TcpForwarder(IPEndPoint.Parse(redis.Configuration));
        cut = await RedisMeetingBus.ConnectAsync(redis.LongTimeoutConfiguration.Replace(redis.Configuration, wire.Address.Authority, StringComparison.Ordinal));
        other = await RedisMeetingBus.ConnectAsync(redis.LongTimeoutConfiguration);
        await Eventually.TrueAsync(() => cut.IsConnected && other.IsConnected, "both are connected");
        presence = new SessionPresence(key, server.Signaling.Service<MeetingServices>() with { Bus = cut });
    }

    public async Task DisposeAsync()
    {
        await presence.DisposeAsync();
        await cut.DisposeAsync();
        await other.DisposeAsync();
        await wire.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("previous")]
    public async Task Remove_ReconnectedElsewhereDuringOutage_KeepsNewerConnection(string? previous)
    {
        await AcceptWithoutRedisAsync("here", previous);
        await other.Presence.EnterAsync(key, Entry("elsewhere"), 10, Long, default);

        Assert.False(await presence.RemoveAsync("ann", "here"));

        Assert.Equal("elsewhere", Assert.Single(await other.Presence.ListAsync(key, default)).Connection);
    }

    [Fact]
    public async Task Remove_AcceptedDuringOutage_ReturnsTrue()
    {
        await AcceptWithoutRedisAsync("here", previous: null);

        Assert.True(await presence.RemoveAsync("ann", "here"));
    }

    private async Task AcceptWithoutRedisAsync(string connection, string? previous)
    {
        wire.Break();
        await Eventually.TrueAsync(() => !cut.IsConnected, "the outage is detected");
        Assert.Equal(EnterOutcome.Entered, (await presence.EnterAsync(Entry(connection), 10, previous)).Outcome);
        wire.Restore();
        await Eventually.TrueAsync(() => cut.IsConnected, "Redis is connected again");
    }

    private PresenceEntry Entry(string connection) => presence.NewEntry(
        new SocketIdentity(key, "ann", "Ann", ParticipantRole.Participant, ByTicket: true, Returning: true), connection, silenced: false);
}
