using System.Net;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Features;

/// <summary>Tests presence of participants that were accepted during a Redis outage and leave when it ends.</summary>
[Collection(ServersCollection.Name)]
public sealed class SessionPresenceTests(SessionPresenceTests.Server server, RedisServer redis) : IClassFixture<SessionPresenceTests.Server>, IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly MeetingKey _key = new(TestCluster.Tenant, Guid.NewGuid().ToString("D"));
    private TcpForwarder _wire = null!;
    private RedisMeetingBus _cut = null!;
    private RedisMeetingBus _other = null!;
    private SessionPresence _presence = null!;

    public sealed class Server : ServerFixture;

    public async Task InitializeAsync()
    {
        _wire = new TcpForwarder(IPEndPoint.Parse(redis.Configuration));
        _cut = await RedisMeetingBus.ConnectAsync(redis.LongTimeoutConfiguration.Replace(redis.Configuration, _wire.Address.Authority, StringComparison.Ordinal));
        _other = await RedisMeetingBus.ConnectAsync(redis.LongTimeoutConfiguration);
        await Eventually.TrueAsync(() => _cut.IsConnected && _other.IsConnected, "both are connected");
        var services = server.Signaling.Service<MeetingServices>();
        _presence = new SessionPresence(_key, _cut, services.Options, services.Time, services.Loggers);
    }

    public async Task DisposeAsync()
    {
        await _cut.DisposeAsync();
        await _other.DisposeAsync();
        await _wire.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("previous")]
    public async Task Remove_ReconnectedElsewhereDuringOutage_KeepsNewerConnection(string? previous)
    {
        await AcceptWithoutRedisAsync("here", previous);
        await _other.Presence.EnterAsync(_key, Entry("elsewhere"), 10, Long, default);

        Assert.False(await _presence.RemoveAsync("ann", "here"));

        Assert.Equal("elsewhere", Assert.Single(await _other.Presence.ListAsync(_key, default)).Connection);
    }

    [Fact]
    public async Task Remove_AcceptedDuringOutage_ReturnsTrue()
    {
        await AcceptWithoutRedisAsync("here", previous: null);

        Assert.True(await _presence.RemoveAsync("ann", "here"));
    }

    private async Task AcceptWithoutRedisAsync(string connection, string? previous)
    {
        _wire.Break();
        await Eventually.TrueAsync(() => !_cut.IsConnected, "the outage is detected");
        Assert.Equal(EnterOutcome.Entered, (await _presence.EnterAsync(Entry(connection), 10, previous)).Outcome);
        _wire.Restore();
        await Eventually.TrueAsync(() => _cut.IsConnected, "Redis is connected again");
    }

    private PresenceEntry Entry(string connection) => _presence.NewEntry(
        new SocketIdentity(_key, "ann", "Ann", ParticipantRole.Participant, HasTicket: true, IsReturning: true), connection, silenced: false);
}
