using System.Net;
using System.Net.Http.Headers;
using System.Text;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Tests.E2ee;

/// <summary>Meetings that are encrypted end to end: who gets in, and what the server passes on.</summary>
public sealed class E2eeTests(E2eeTests.Server server) : IClassFixture<E2eeTests.Server>
{
    public sealed class Server : ServerFixture;

    private static readonly object Required = new { e2ee = "Required" };

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Join_EncryptedMeetingWithKey_TellsKeysOfAll()
    {
        var meeting = await Signaling.CreateAsync(Required);
        await using var ann = await EnterAsync(meeting.MeetingId, "Ann", Key('a'));
        await using var bob = await EnterAsync(meeting.MeetingId, "Bob", Key('b'));

        Assert.True((bool?)Assert.Single(ann.OfType("joined"))["e2ee"]);
        Assert.Equal(Key('a'), (string?)Assert.Single(Assert.Single(bob.OfType("joined"))["participants"]!.AsArray())!["identityKey"]);
        Assert.Equal(Key('b'), (string?)(await ann.ExpectAsync("participant-joined"))["participant"]!["identityKey"]);
    }

    [Fact]
    public async Task Join_EncryptedMeetingWithoutKey_IsRefusedWithReasonAndNeverShown()
    {
        var meeting = await Signaling.CreateAsync(Required);
        await using var ann = await EnterAsync(meeting.MeetingId, "Ann", Key('a'));
        await using var old = await TestClient.OpenAsync(await Signaling.JoinAsync(meeting.MeetingId, "Old"));

        await old.SendAsync(new { type = "join", participantId = old.Id, capabilities = new { } });

        await old.Closed.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("encryption-required", (string?)Assert.Single(old.OfType("error"))["code"]);
        Assert.Equal("encryption-required", (string?)Assert.Single(old.OfType("removed"))["reason"]);
        Assert.Equal(CloseCode.Rejected, old.CloseCode);
        Assert.Empty(old.OfType("joined"));
        Assert.Empty(old.OfType("offer"));
        await using var bob = await EnterAsync(meeting.MeetingId, "Bob", Key('b'));
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == bob.Id);
        Assert.DoesNotContain(ann.OfType("participant-joined"), m => (string?)m["participant"]!["participantId"] == old.Id);
    }

    [Fact]
    public async Task Join_OtherMeetingWithoutKey_IsAdmittedAndTellsNoEncryption()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");

        Assert.False(Assert.Single(ann.OfType("joined")).ContainsKey("e2ee"));
    }

    [Fact]
    public async Task Join_SameParticipantWithNewKey_TellsOthersTheNewKey()
    {
        var meeting = await Signaling.CreateAsync(Required);
        await using var ann = await EnterAsync(meeting.MeetingId, "Ann", Key('a'));
        await using var bob = await EnterAsync(meeting.MeetingId, "Bob", Key('b'));
        await using var reloaded = await TestClient.OpenAsync(await Signaling.JoinAsync(meeting.MeetingId, "Bob", ticket: bob.Join.Ticket));

        await JoinAsync(reloaded, Key('c'));

        var told = await ann.ExpectAsync("e2ee-identity");
        Assert.Equal((bob.Id, Key('c')), ((string?)told["participantId"], (string?)told["identityKey"]));
    }

    [Theory]
    [InlineData("whip")]
    [InlineData("whep")]
    public async Task WhipAndWhep_EncryptedMeeting_AreRefusedWithReason(string kind)
    {
        var meeting = await Signaling.CreateAsync(Required);
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"meetings/{meeting.MeetingId}/{kind}") { Content = new StringContent(Sdp.Publish(), Encoding.UTF8, "application/sdp") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", camera.Ticket);

        await Problem.IsAsync(await Signaling.Http.SendAsync(request), HttpStatusCode.Forbidden, "encryption-required");
    }

    [Fact]
    public async Task Keys_ForParticipants_ReachOnlyThem()
    {
        var meeting = await Signaling.CreateAsync(Required);
        await using var ann = await EnterAsync(meeting.MeetingId, "Ann", Key('a'));
        await using var bob = await EnterAsync(meeting.MeetingId, "Bob", Key('b'));
        await using var eve = await EnterAsync(meeting.MeetingId, "Eve", Key('e'));

        await SendKeysAsync(ann, (bob.Id, "Zm9yLWJvYg"), ("nobody", "eA"));
        await SendKeysAsync(ann, (eve.Id, "bWFya2Vy"));

        var key = await bob.ExpectAsync("e2ee-key");
        Assert.Equal((ann.Id, "Zm9yLWJvYg"), ((string?)key["from"], (string?)key["payload"]));
        await eve.ExpectAsync("e2ee-key");
        Assert.Equal("bWFya2Vy", (string?)Assert.Single(eve.OfType("e2ee-key"))["payload"]);
        Assert.Empty(ann.OfType("error"));
    }

    [Fact]
    public async Task Keys_ForParticipantOfAnotherMeeting_DoNotArrive()
    {
        var (meeting, other) = (await Signaling.CreateAsync(Required), await Signaling.CreateAsync(Required));
        await using var ann = await EnterAsync(meeting.MeetingId, "Ann", Key('a'));
        await using var bob = await EnterAsync(other.MeetingId, "Bob", Key('b'));
        await using var bea = await EnterAsync(other.MeetingId, "Bea", Key('c'));

        await SendKeysAsync(ann, (bob.Id, "Zm9yZWlnbg"));
        await ann.SendAsync(new { type = "mute", mediaType = "audio", reference = "after" });
        await ann.ExpectAsync("media-update");
        await SendKeysAsync(bea, (bob.Id, "bWFya2Vy"));

        await bob.ExpectAsync("e2ee-key");
        Assert.Equal("bWFya2Vy", (string?)Assert.Single(bob.OfType("e2ee-key"))["payload"]);
    }

    [Fact]
    public async Task Keys_MeetingWithoutEncryption_AreForbidden()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await EnterAsync(meeting.MeetingId, "Ann", Key('a'));
        await using var bob = await EnterAsync(meeting.MeetingId, "Bob", Key('b'));

        await SendKeysAsync(ann, (bob.Id, "eA"));

        Assert.Equal("forbidden", (string?)(await ann.ExpectAsync("error"))["code"]);
        Assert.Empty(bob.OfType("e2ee-key"));
    }

    [Fact]
    public async Task Keys_MoreThanTheLimit_AreRejected()
    {
        var meeting = await Signaling.CreateAsync(Required);
        await using var ann = await EnterAsync(meeting.MeetingId, "Ann", Key('a'));
        await using var bob = await EnterAsync(meeting.MeetingId, "Bob", Key('b'));

        // 28 KiB each; 256 KiB may be relayed at once.
        for (var i = 0; i < 15; i++)
        {
            await SendKeysAsync(ann, [.. Enumerable.Range(0, 90).Select(n => ($"p-{n}", new string('A', 256)))]);
        }

        Assert.Equal("rate-limited", (string?)(await ann.ExpectAsync("error"))["code"]);
    }

    [Theory]
    [InlineData("maybe", 10, "settings.e2ee")]
    [InlineData("Required", 101, "settings.maxParticipants")]
    public async Task Create_BadEncryption_NamesField(string e2ee, int maxParticipants, string field)
    {
        var response = await Signaling.SendAsync(HttpMethod.Post, "meetings", new { title = "x", settings = new { e2ee, maxParticipants } });

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(field, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    internal static string Key(char fill) => "B" + new string(fill, 86);

    private static async Task JoinAsync(TestClient client, string key)
    {
        await client.SendAsync(new { type = "join", participantId = client.Id, capabilities = new { e2ee = true }, identityKey = key });
        await client.ExpectAsync("joined");
    }

    private static Task SendKeysAsync(TestClient from, params (string To, string Payload)[] keys) =>
        from.SendAsync(new { type = "e2ee-keys", keys = keys.Select(k => new { to = k.To, payload = k.Payload }) });

    private async Task<TestClient> EnterAsync(string meetingId, string name, string key)
    {
        var client = await TestClient.OpenAsync(await Signaling.JoinAsync(meetingId, name));
        await JoinAsync(client, key);
        return client;
    }
}
