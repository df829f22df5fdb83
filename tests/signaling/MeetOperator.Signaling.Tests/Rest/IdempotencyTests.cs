using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Tests repeated requests to create a meeting, as callers send them after a lost response.</summary>
public sealed class IdempotencyTests(IdempotencyTests.Server server) : IClassFixture<IdempotencyTests.Server>
{
    private const string AcmeKey = "acme-key-0123456789abcdef0123456789";

    public sealed class Server : ServerFixture;

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Create_RepeatedKey_ReturnsSameResponseAndOneMeeting()
    {
        var title = $"again {Guid.NewGuid():N}";
        var first = await SendAsync("k-1", title);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => SendAsync("k-1", title)));
        var text = await first.Content.ReadAsStringAsync();
        foreach (var answer in answers)
        {
            Assert.Equal((HttpStatusCode.Created, text, first.Headers.Location), (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location));
        }

        Assert.Equal(1, await CountAsync(title));
        Assert.NotEqual(text, await (await SendAsync("k-2", title)).Content.ReadAsStringAsync());

        // The response stays the same after the meeting has ended, and no new meeting is created.
        var meeting = (await first.Content.ReadFromJsonAsync<CreateMeetingResponse>())!;
        await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        Assert.Equal(text, await (await SendAsync("k-1", title)).Content.ReadAsStringAsync());
        Assert.Equal(2, await CountAsync(title));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HostToken_OfDeletedMeeting_IsForbiddenForLaterMeetingWithSameId(bool isRecordedByRepeatedRequest)
    {
        var key = $"k-successor-{isRecordedByRepeatedRequest}";
        var first = await SendAsync(key, key);
        if (isRecordedByRepeatedRequest)
        {
            // Simulates a crash between creating the meeting and recording its completion.
            await ForgetCompletionAsync(TestCluster.Tenant);
            first = await SendAsync(key, key);
        }

        var meeting = (await first.Content.ReadFromJsonAsync<CreateMeetingResponse>())!;
        var again = (await (await SendAsync(key, key)).Content.ReadFromJsonAsync<CreateMeetingResponse>())!;
        await Signaling.JoinAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        var name = new NamespacedName(TestCluster.Namespace, meeting.MeetingId);
        await server.Cluster.Client.MergePatchAsync<Meeting>(name, new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, default);
        await server.Cluster.Client.DeleteAsync<Meeting>(name, default);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(name.Name) is null, "the server has received the deletion");
        await server.Cluster.ApplyMeetingAsync(name.Name);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(name.Name)?.Assignment is not null, "the later meeting is placed");

        foreach (var token in new[] { meeting.HostToken, again.HostToken })
        {
            await Problem.IsAsync(
                await Signaling.SendAsync(HttpMethod.Post, $"meetings/{name.Name}/join", new { displayName = "Mallory" }, token), HttpStatusCode.Forbidden, "forbidden");
        }
    }

    [Fact]
    public async Task Create_ConcurrentRequestsWithSameKey_CreateOneMeeting()
    {
        var title = $"at once {Guid.NewGuid():N}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            var response = await Retrying.SendAsync(() => SendAsync("k-once", title));
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            return await response.Content.ReadAsStringAsync();
        }));
        var made = System.Text.Json.JsonSerializer.Deserialize<CreateMeetingResponse>(Assert.Single(answers.Distinct()), System.Text.Json.JsonSerializerOptions.Web)!;
        Assert.Equal(1, await CountAsync(title));
        Assert.True(Signaling.Service<Tokens>().TryVerify(TokenKind.Host, made.HostToken, out var subject));
        var stored = await server.Cluster.Client.GetAsync<Meeting>(new NamespacedName(TestCluster.Namespace, made.MeetingId), default);
        Assert.Equal(stored.Metadata.Uid, subject.MeetingUid);
    }

    [Fact]
    public async Task Create_KeyReusedWithDifferentBody_FailsOnlyForSameTenant()
    {
        Assert.Equal(HttpStatusCode.Created, (await SendAsync("k-body", "one")).StatusCode);
        await Problem.IsAsync(await SendAsync("k-body", "other"), HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
        await server.Cluster.AddTenantAsync("acme", "meet-acme", AcmeKey);
        await Eventually.TrueAsync(async () => (await SendAsync("k-body", "other", AcmeKey)).StatusCode == HttpStatusCode.Created, "the API key of the other tenant is known");
    }

    [Fact]
    public async Task Create_RepeatedKeyAndQuotaExhausted_ReturnsSameMeeting()
    {
        const string Key = "small-key-0123456789abcdef012345678";
        await server.Cluster.AddTenantAsync("small", "meet-small", Key, quota: 1);
        HttpResponseMessage? first = null;
        await Eventually.TrueAsync(async () => (first = await SendAsync("k-quota", "only one", Key)).StatusCode == HttpStatusCode.Created, "the API key of the tenant is known");
        var made = (await first!.Content.ReadFromJsonAsync<CreateMeetingResponse>())!;
        var status = new JsonObject { ["status"] = new JsonObject { ["usage"] = new JsonObject { ["concurrentMeetings"] = 1 } } };
        await server.Cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "small"), status, default, new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(async () => (await SendAsync(Guid.NewGuid().ToString("N"), "one more", Key)).StatusCode == HttpStatusCode.TooManyRequests, "the quota is exhausted");

        // Simulates a crash between creating the meeting and recording its completion.
        await ForgetCompletionAsync("small");
        var again = await SendAsync("k-quota", "only one", Key);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal(made.MeetingId, (await again.Content.ReadFromJsonAsync<CreateMeetingResponse>())!.MeetingId);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task Create_InvalidKeyLength_NamesHeader(int length)
    {
        var problem = await Problem.IsAsync(await SendAsync(new string('k', length), "x"), HttpStatusCode.BadRequest, "invalid-request");
        Assert.NotNull(problem["errors"]!["Idempotency-Key"]);
    }

    [Fact]
    public async Task HostToken_IssuedBeforeMeetingCreation_IsForbidden()
    {
        var id = Guid.NewGuid().ToString("D");
        await server.Cluster.ApplyMeetingAsync(id);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.Assignment is not null, "the meeting is placed");
        var old = Signaling.Service<Tokens>().Issue(
            TokenKind.Host,
            new TokenSubject { Tenant = TestCluster.Tenant, MeetingId = id, TokenId = "t", IssuedAt = DateTimeOffset.UtcNow - TimeSpan.FromHours(1) },
            DateTimeOffset.UtcNow + TimeSpan.FromHours(1));
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", new { displayName = "Mallory" }, old), HttpStatusCode.Forbidden, "forbidden");
        await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{id}", bearer: old);
        var meeting = await server.Cluster.Client.GetAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default);
        Assert.NotEqual(MeetingDesiredState.Ended, meeting.Spec.DesiredState);
    }

    private async Task<HttpResponseMessage> SendAsync(string key, string title, string? apiKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "meetings") { Content = JsonContent.Create(new JsonObject { ["title"] = title }) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (apiKey is not null)
        {
            request.Headers.Authorization = new("Bearer", apiKey);
        }

        return await Signaling.Http.SendAsync(request);
    }

    private Task<int> ForgetCompletionAsync(string tenant) => Signaling.Service<ISqlDatabase>().RunAsync(
        SqlScope.Of(tenant), connection => connection.ExecuteAsync("UPDATE idempotency_keys SET completed_at = NULL WHERE tenant = @tenant", new { tenant }), default);

    private async Task<int> CountAsync(string title) =>
        (await server.Cluster.Client.ListAsync<Meeting>(TestCluster.Namespace, null, default)).Items.Count(m => m.Spec.Title == title);
}
