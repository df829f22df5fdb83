using System.Text;
using System.Text.Json;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Turn;

public sealed class RelaysTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("node-1");
        _signaling = await TestSignaling.StartAsync(_cluster, Quick);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    private static SignalingOptions Quick(SignalingOptions options) =>
        options with { Timings = options.Timings with { TurnReadInterval = TimeSpan.FromMilliseconds(50), TickInterval = TimeSpan.FromMilliseconds(100) } };

    [Fact]
    public async Task Join_WithoutTurnPool_NamesNoRelay()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.Empty(ann.Join.IceServers);
        await ann.SendAsync(new { type = "chat", message = "hello", reference = "r" });
        await ann.ExpectAsync("chat");
        Assert.DoesNotContain(ann.Received, message => (string?)message["type"] == "ice-servers");
    }

    [Fact]
    public async Task Join_WithTurnPool_NamesRelayForMeetingAndParticipant()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        var join = await JoinWithRelaysAsync(meeting.MeetingId);
        var server = Assert.Single(join.IceServers);
        Assert.EndsWith($":{meeting.MeetingId}:{join.ParticipantId}", server.Username, StringComparison.Ordinal);
        Assert.Equal(["turn:192.0.2.7:3478?transport=udp"], server.Urls);
    }

    [Fact]
    public async Task Member_BeforeCredentialEnds_GetsAnother()
    {
        await StoreAsync(Record("north") with { CredentialTtlSeconds = 3 });
        var meeting = await _signaling.CreateAsync();
        await JoinWithRelaysAsync(meeting.MeetingId);
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => UsersOf(ann).Distinct().Count() >= 2, "a second credential arrives");
    }

    [Fact]
    public async Task Member_SecretChanges_GetsAnother()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        await JoinWithRelaysAsync(meeting.MeetingId);
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await StoreAsync(Record("south"));
        await Eventually.TrueAsync(() => PasswordsOf(ann).Distinct().Count() == 2, "a credential of the new secret arrives");
    }

    [Fact]
    public async Task Member_LastPoolDisappears_GetsEmptyList()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        await JoinWithRelaysAsync(meeting.MeetingId);
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await StoreAsync(Record("north") with { Relays = [] });
        await Eventually.TrueAsync(() => Relays(ann) is [.., []], "an empty list arrives");
    }

    /// <summary>A client that reconnects with its ticket makes no join, and its credentials may have ended meanwhile.</summary>
    [Fact]
    public async Task Socket_OpenedWithTicket_GetsRelays()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        var join = await JoinWithRelaysAsync(meeting.MeetingId);
        await using var ann = await TestClient.OpenByTicketAsync(join, _signaling.Address);
        await ann.JoinAsync();
        await ann.ExpectAsync("ice-servers");
    }

    [Fact]
    public async Task TurnSecret_Unreadable_KeepsServing()
    {
        await StoreAsync(Record("north"), "{broken");
        var meeting = await _signaling.CreateAsync();
        Assert.Single((await JoinWithRelaysAsync(meeting.MeetingId)).IceServers);
    }

    private static TurnRecord Record(string secret) => new()
    {
        Uid = "1",
        Namespace = TestCluster.Namespace,
        Relays = [new TurnRelay("relay", ["turn:192.0.2.7:3478?transport=udp"])],
        Keys = [new TurnKey(1, secret, DateTimeOffset.UnixEpoch)],
        KeyVersion = 1,
    };

    private static IReadOnlyList<IReadOnlyList<JsonElement>> Relays(TestClient client) =>
        [.. client.Received.Where(message => (string?)message["type"] == "ice-servers").Select(message => message["iceServers"].Deserialize<JsonElement[]>()!)];

    private static IEnumerable<string> UsersOf(TestClient client) => Relays(client).SelectMany(servers => servers.Select(server => server.GetProperty("username").GetString()!));

    private static IEnumerable<string> PasswordsOf(TestClient client) => Relays(client).SelectMany(servers => servers.Select(server => server.GetProperty("credential").GetString()!));

    private async Task<Signaling.Http.JoinResponse> JoinWithRelaysAsync(string meetingId)
    {
        Signaling.Http.JoinResponse? join = null;
        await Eventually.TrueAsync(async () => (join = await _signaling.JoinAsync(meetingId, "Bob")).IceServers.Count > 0, "a join names relays");
        return join!;
    }

    private async Task StoreAsync(TurnRecord record, string? broken = null)
    {
        var data = new Dictionary<string, string> { ["a_b"] = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, KubeJson.Options)) };
        if (broken is not null)
        {
            data["a_c"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(broken));
        }

        var key = new NamespacedName("meet-system", TurnRecord.SecretName);
        var stored = await _cluster.Client.TryGetAsync<Secret>(key, default);
        var secret = new Secret { Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace, ResourceVersion = stored?.Metadata.ResourceVersion }, Data = data };
        await (stored is null ? _cluster.Client.CreateAsync(secret, default) : _cluster.Client.ReplaceAsync(secret, default));
    }
}
