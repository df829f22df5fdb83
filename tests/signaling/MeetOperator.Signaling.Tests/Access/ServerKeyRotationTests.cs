using System.Net;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Keys;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Access;

/// <summary>Tests the rotation of the signing key in a running server. See <see cref="SigningKeyRotationTests"/> for the steps across replicas.</summary>
public sealed class ServerKeyRotationTests : IAsyncLifetime
{
    private static readonly string Old = new('a', 40);
    private static readonly string New = new('b', 40);
    private readonly string _file = Path.GetTempFileName();
    private readonly ManualTime _time = new();
    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_file, Old);
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with { SigningKeys = SigningKeys.FromFile(_file, _time) });
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task Rotation_RunningServer_AcceptsTicketsAndHostTokensUntilTheirKeyIsRemoved()
    {
        var meeting = await _signaling.CreateAsync();
        var ann = await _signaling.JoinAsync(meeting.MeetingId, "Ann");

        await ChangeAsync($"{Old}\n{New}\n");
        await ChangeAsync($"{New}\n{Old}\n");
        await using var client = await TestClient.OpenAsync(ann);
        await client.JoinAsync();
        Assert.Equal(HttpStatusCode.OK, await RejoinAsync(meeting, ann));
        var bob = await _signaling.JoinAsync(meeting.MeetingId, "Bob", meeting.HostToken);

        await ChangeAsync($"{New}\n");
        Assert.Equal(HttpStatusCode.OK, await RejoinAsync(meeting, bob));
        Assert.Equal(HttpStatusCode.Unauthorized, await RejoinAsync(meeting, ann));
        await client.SendAsync(new { type = "chat", message = "still connected" });
        await client.ExpectAsync("chat", message => (string?)message["message"] == "still connected");
    }

    private async Task<HttpStatusCode> RejoinAsync(CreateMeetingResponse meeting, JoinResponse join)
    {
        using var response = await _signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "again", ticket = join.Ticket });
        return response.StatusCode;
    }

    /// <summary>Changes the file, lets the server read it, and waits until every replica would have read it.</summary>
    private async Task ChangeAsync(string content)
    {
        await File.WriteAllTextAsync(_file, content);
        _time.Advance(TimeSpan.FromMinutes(1));
        await _signaling.CreateAsync();
        _time.Advance(SigningKeys.PropagationDelay);
    }
}
