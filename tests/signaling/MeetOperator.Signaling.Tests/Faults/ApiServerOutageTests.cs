using System.Net;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests a meeting with two participants while the Kubernetes API server is unavailable or hangs.</summary>
public sealed class ApiServerOutageTests : IAsyncLifetime
{
    private const string Key = "a-key-of-acme-0123456789-0123456789";

    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TcpForwarder _wire = null!;
    private KubeClient _kube = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        await _cluster.AddTenantAsync("acme", "meet-acme", Key);
        _wire = new TcpForwarder(IPEndPoint.Parse(_cluster.Api.Server.Address.Authority));
        _kube = new KubeClient(new KubeConfig { Server = _wire.Address, Token = _cluster.Api.Server.Token });
        _signaling = await TestSignaling.StartAsync(_cluster, kube: _kube);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        _kube.Dispose();
        await _wire.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task ApiServerDown_MeetingRecreatedWithSameId_EndsEarlierMeeting()
    {
        var name = new NamespacedName(TestCluster.Namespace, Guid.NewGuid().ToString("D"));
        await _cluster.ApplyMeetingAsync(name.Name);
        await Eventually.TrueAsync(async () => (await _signaling.SendAsync(HttpMethod.Get, $"meetings/{name.Name}")).IsSuccessStatusCode, "the server has received the meeting");
        await using var ann = await _signaling.EnterAsync(name.Name, "Ann");

        _wire.Break();
        await _cluster.Client.DeleteAsync<Meeting>(name, default);
        await _cluster.ApplyMeetingAsync(name.Name);
        _wire.Restore();

        await ann.ExpectAsync("meeting-ended");
    }

    [Fact]
    public async Task ApiServerDown_ForOneMinute_AllowsJoinsAndRejectsCreation()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)), "Ann is on the node");
        _wire.Break();
        // Participants are refreshed on the node every ten seconds.
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants[ann.Id].Touches) >= 7, "one minute passes", TimeSpan.FromSeconds(150));

        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("answer");
        await ann.ExpectAsync("offer", m => m["tracks"]!.AsArray().Any(t => (string?)t!["participantId"] == bob.Id));
        await bob.SendAsync(new { type = "chat", message = "hello" });
        await ann.ExpectAsync("chat");
        Assert.Equal(HttpStatusCode.OK, (await _signaling.Http.GetAsync("readyz")).StatusCode);
        await AssertRejectedAsync(await _signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }));

        // An API key that has not been read yet is not an invalid key.
        await AssertRejectedAsync(await _signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, Key));
        await AssertRejectedAsync(await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken));
        Assert.False(ann.Closed.IsCompleted);

        // This replica cannot receive new meetings, so it must not report them as unknown.
        var unseen = (await _cluster.ApplyMeetingAsync(Guid.NewGuid().ToString("D"))).Metadata.Name;
        await AssertRejectedAsync(await _signaling.SendAsync(HttpMethod.Get, $"meetings/{unseen}"));
        await AssertRejectedAsync(await _signaling.SendAsync(HttpMethod.Post, $"meetings/{unseen}/join", new { displayName = "Eve" }));

        _wire.Restore();
        await Eventually.TrueAsync(async () => (await _signaling.SendAsync(HttpMethod.Get, $"meetings/{unseen}")).IsSuccessStatusCode, "the server has received the meeting", TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => (await _signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, Key)).StatusCode == HttpStatusCode.Created, "creating works again");
        var next = await _signaling.CreateAsync();
        await Eventually.TrueAsync(
            async () => (await _signaling.SendAsync(HttpMethod.Post, $"meetings/{next.MeetingId}/join", new { displayName = "Eve" })).IsSuccessStatusCode,
            "the server receives new meetings again", TimeSpan.FromSeconds(60));
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        await ann.ExpectAsync("meeting-ended");
    }

    [Fact]
    public async Task ApiServerHangs_CreateMeeting_FailsWithinTimeout()
    {
        var meeting = await _signaling.CreateAsync();
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        _wire.Hang();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        foreach (var key in new[] { null, Key })
        {
            await AssertRejectedAsync(await _signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, key).WaitAsync(TimeSpan.FromSeconds(30)));
        }

        _wire.Restore();
        await Eventually.TrueAsync(async () => (await _signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, Key)).StatusCode == HttpStatusCode.Created, "creating works again");
    }

    private static async Task AssertRejectedAsync(HttpResponseMessage response)
    {
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
    }
}
