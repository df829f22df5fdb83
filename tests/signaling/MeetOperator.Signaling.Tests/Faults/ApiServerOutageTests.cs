using System.Net;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.NodeControl.Testing;

namespace MeetOperator.Signaling.Tests;

/// <summary>Two people in a meeting while the Kubernetes API server is away or hangs.</summary>
public sealed class ApiServerOutageTests : IAsyncLifetime
{
    private const string Key = "a-key-of-acme-0123456789-0123456789";

    private TestCluster cluster = null!;
    private SimulatedMediaNode node = null!;
    private TcpForwarder wire = null!;
    private KubeClient kube = null!;
    private TestSignaling signaling = null!;

    public async Task InitializeAsync()
    {
        cluster = await TestCluster.StartAsync();
        node = await cluster.AddNodeAsync("default-aaaaa");
        await cluster.AddTenantAsync("acme", "meet-acme", Key);
        wire = new TcpForwarder(IPEndPoint.Parse(cluster.Api.Server.Address.Authority));
        kube = new KubeClient(new KubeConfig { Server = wire.Address, Token = cluster.Api.Server.Token });
        signaling = await TestSignaling.StartAsync(cluster, kube: kube);
    }

    public async Task DisposeAsync()
    {
        await signaling.DisposeAsync();
        kube.Dispose();
        await wire.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Away_WhileAMeetingIsMadeAnewUnderItsId_PeopleOfTheFirstAreNotInTheSecond()
    {
        var name = new NamespacedName(TestCluster.Namespace, Guid.NewGuid().ToString("D"));
        await cluster.ApplyMeetingAsync(name.Name);
        await Eventually.TrueAsync(async () => (await signaling.SendAsync(HttpMethod.Get, $"meetings/{name.Name}")).IsSuccessStatusCode, "it is seen");
        await using var ann = await signaling.EnterAsync(name.Name, "Ann");

        wire.Break();
        await cluster.Client.DeleteAsync<Meeting>(name, default);
        await cluster.ApplyMeetingAsync(name.Name);
        wire.Mend();

        await ann.ExpectAsync("meeting-ended");
    }

    [Fact]
    public async Task Away_ForAMinute_MeetingsAreJoinedFromTheCopyAndCreatingSaysWhenToAskAgain()
    {
        var meeting = await signaling.CreateAsync();
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)), "Ann is at the node");
        wire.Break();
        // The node is shown everybody every ten seconds.
        await Eventually.TrueAsync(() => node.Read(meeting.MeetingId, r => r.Participants[ann.Id].Touches) >= 7, "a minute goes by", TimeSpan.FromSeconds(150));

        await using var bob = await signaling.EnterAsync(meeting.MeetingId, "Bob");
        await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("answer");
        await ann.ExpectAsync("offer", m => m["tracks"]!.AsArray().Any(t => (string?)t!["participantId"] == bob.Id));
        await bob.SendAsync(new { type = "chat", message = "hello" });
        await ann.ExpectAsync("chat");
        Assert.Equal(HttpStatusCode.OK, (await signaling.Http.GetAsync("readyz")).StatusCode);
        await RefusedAsync(await signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }));

        // A key that was never read is not a wrong one.
        await RefusedAsync(await signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, Key));
        await RefusedAsync(await signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken));
        Assert.False(ann.Closed.IsCompleted);

        // Made by others where this instance does not see it: it cannot say that there is no such meeting.
        var unseen = (await cluster.ApplyMeetingAsync(Guid.NewGuid().ToString("D"))).Metadata.Name;
        await RefusedAsync(await signaling.SendAsync(HttpMethod.Get, $"meetings/{unseen}"));
        await RefusedAsync(await signaling.SendAsync(HttpMethod.Post, $"meetings/{unseen}/join", new { displayName = "Eve" }));

        wire.Mend();
        await Eventually.TrueAsync(async () => (await signaling.SendAsync(HttpMethod.Get, $"meetings/{unseen}")).IsSuccessStatusCode, "it is seen", TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => (await signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, Key)).StatusCode == HttpStatusCode.Created, "creating works again");
        var next = await signaling.CreateAsync();
        await Eventually.TrueAsync(
            async () => (await signaling.SendAsync(HttpMethod.Post, $"meetings/{next.MeetingId}/join", new { displayName = "Eve" })).IsSuccessStatusCode,
            "what happens is seen again", TimeSpan.FromSeconds(60));
        await signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        await ann.ExpectAsync("meeting-ended");
    }

    [Fact]
    public async Task Hanging_CallersAreNotKeptWaiting()
    {
        var meeting = await signaling.CreateAsync();
        await using var bob = await signaling.EnterAsync(meeting.MeetingId, "Bob");
        wire.Hang();
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
        foreach (var key in new[] { null, Key })
        {
            await RefusedAsync(await signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, key).WaitAsync(TimeSpan.FromSeconds(30)));
        }

        wire.Mend();
        await Eventually.TrueAsync(async () => (await signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "Planning" }, Key)).StatusCode == HttpStatusCode.Created, "creating works again");
    }

    private static async Task RefusedAsync(HttpResponseMessage response)
    {
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
    }
}
