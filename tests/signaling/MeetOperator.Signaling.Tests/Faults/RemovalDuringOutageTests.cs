using System.Net;
using System.Net.Http.Json;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests a removal that Redis could not record, because the server had no connection to it.</summary>
public sealed class RemovalDuringOutageTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private TestCluster _cluster = null!;
    private TcpForwarder _wire = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        _wire = new TcpForwarder(IPEndPoint.Parse(_redis.Configuration));
        _signaling = await TestSignaling.StartAsync(
            _cluster,
            options => options with
            {
                Redis = $"{_wire.Address.Authority},responseTimeout=30000",

                // The entry of the removed participant does not expire during the test.
                Timings = options.Timings with { PresenceLifetime = TimeSpan.FromHours(1) },
            });
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _wire.DisposeAsync();
        await _cluster.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Remove_WithoutRedis_FreesPlaceAfterRecovery()
    {
        var meeting = await _signaling.CreateAsync(new { maxParticipants = 2 });
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        _wire.Break();
        await Eventually.TrueAsync(() => !_signaling.Service<IMeetingBus>().IsConnected, "the outage is detected");

        var response = await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(CloseCode.Rejected, await bob.ExpectCloseAsync());
        await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == bob.Id);
        _wire.Restore();

        await Eventually.TrueAsync(async () => await PresentAsync(meeting.MeetingId) is [var only] && only == ann.Id, "only Ann is in the meeting");
        await using var eve = await _signaling.EnterAsync(meeting.MeetingId, "Eve");
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == eve.Id);
    }

    /// <summary>The participants in the answer of the server; empty while it cannot list them.</summary>
    private async Task<IReadOnlyList<string>> PresentAsync(string meetingId)
    {
        var response = await _signaling.SendAsync(HttpMethod.Get, $"meetings/{meetingId}");
        return response.IsSuccessStatusCode ? [.. (await response.Content.ReadFromJsonAsync<MeetingResponse>())!.Participants.Select(p => p.ParticipantId)] : [];
    }
}
