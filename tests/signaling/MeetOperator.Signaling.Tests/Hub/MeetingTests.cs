using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Hub;

public sealed class MeetingTests(MeetingTests.Server server) : IClassFixture<MeetingTests.Server>
{
    public sealed class Server : ServerFixture;

    [Fact]
    public async Task Join_TwoParticipants_SeeEachOtherAndLeave()
    {
        var meeting = await server.Signaling.CreateAsync();
        await using var ann = await server.Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await server.Signaling.EnterAsync(meeting.MeetingId, "Bob");

        var joined = await ann.ExpectAsync("participant-joined");
        Assert.Equal(bob.Id, (string?)joined["participant"]!["participantId"]);
        Assert.Equal("Bob", (string?)joined["participant"]!["displayName"]);
        var hello = Assert.Single(bob.OfType("joined"));
        Assert.Equal(ann.Id, (string?)hello["participants"]![0]!["participantId"]);
        Assert.Equal("host", (string?)hello["participants"]![0]!["role"]);
        Assert.Equal("participant", (string?)hello["role"]);
        Assert.Equal("sfu", (string?)hello["topology"]);

        await bob.SendAsync(new { type = "leave" });
        Assert.Equal("left", (string?)(await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == bob.Id))["reason"]);
        Assert.Equal(CloseCode.Normal, await bob.ExpectCloseAsync());
    }

    [Fact]
    public async Task Offer_ToSfu_IsAnsweredAndForwarded()
    {
        var meeting = await server.Signaling.CreateAsync();
        await using var ann = await server.Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await server.Signaling.EnterAsync(meeting.MeetingId, "Bob");

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), tracks = new[] { new { mid = "0", source = "microphone" }, new { mid = "1", source = "camera" } } });

        Assert.StartsWith("v=0", (string?)(await ann.ExpectAsync("answer", m => (string?)m["from"] == "sfu"))["sdp"]);
        var offer = await bob.ExpectAsync("offer", m => (string?)m["from"] == "sfu");
        Assert.Contains(offer["tracks"]!.AsArray(), t => (string?)t!["participantId"] == ann.Id && (string?)t["source"] == "camera" && (string?)t["kind"] == "video");
        await bob.SendAsync(new { type = "answer", to = "sfu", sdp = Sdp.Answer(), revision = (int)offer["revision"]! });
        await Eventually.TrueAsync(
            () => server.Node.Read(meeting.MeetingId, r => r.Participants[bob.Id].AnsweredRevision) == (int)offer["revision"]!, "the answer reaches the node");
    }
}
