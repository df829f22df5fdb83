using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>One of the two media nodes of a move rejects members, or fails.</summary>
public sealed class MoveFailureTests : MoveTestBase
{
    [Fact]
    public async Task NextNodeRejectsMember_ClientStays_UntilItAccepts()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(node, ann);
        var requests = next.Requests;
        next.RoomCreationError = "full";
        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Leaving, Edge), Assigned("default-bbbbb", 2, Ready));
        await Eventually.TrueAsync(() => next.Requests > requests + 4, "the move is tried");
        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await Eventually.TrueAsync(() => node.Read(meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "requests reach the present node");
        Assert.Empty(ann.OfType("media-restart"));
        Assert.Equal(session, Session(node, ann));

        next.RoomCreationError = null;
        await LeaveAsync();

        await OfferOfAsync(ann, next);
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task NextSessionFails_FormerOneStays_AndOfferIsRepeated()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        var first = await OfferOfAsync(ann, next);
        await EventStreams.ReadAsync(next, meeting, ann);

        next.CloseSession(meeting, ann.Id, "subscribe", state: "failed");

        await ann.ExpectAsync("offer", m => (string?)m["sessionId"] != (string?)first["sessionId"] && (string?)m["sessionId"] == Session(next, ann));
        Assert.True(IsOn(node, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task NextNodeDies_DuringMove_MemberConnectsToFormerNodeAgain()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(node, ann);
        await LeaveAsync();
        await PublishAgainAsync(ann, next);

        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Ready), Assigned("default-bbbbb", 2, Lost, Edge));
        await next.DieAsync();

        // The client sends on the next node by now, and may have left the former one.
        var restart = await ann.ExpectAsync("media-restart");
        Assert.Equal(("moved", 1L), ((string?)restart["reason"], (long)restart["generation"]!));
        await ann.ExpectAsync("offer", m => Session(node, ann) is { } next && next != session && (string?)m["sessionId"] == next);
        var published = PublishSession(node, ann);
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("9"), restart = true });
        await Eventually.TrueAsync(() => PublishSession(node, ann) != published, "the client publishes on the former node");
    }

    [Fact]
    public async Task NextNodeDies_RequestComesBeforeTheNews_MemberConnectsToFormerNodeAgain()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(node, ann);
        await LeaveAsync();
        await PublishAgainAsync(ann, next);

        for (var request = 0; request < 20; request++)
        {
            await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        }

        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Ready));

        await ann.ExpectAsync("media-restart");
        await ann.ExpectAsync("offer", m => Session(node, ann) is { } next && next != session && (string?)m["sessionId"] == next);
    }

    /// <summary>The client was told to leave both of its former connections, so it needs new ones when the meeting stays where they were.</summary>
    [Fact]
    public async Task NextNodeLosesMember_IsGivenUp_MemberConnectsToFormerNodeAgain()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(node, ann);
        await LeaveAsync();
        await PublishAgainAsync(ann, next);
        next.MaxParticipants = 0;
        var requests = next.Requests;
        next.RemoveParticipant(meeting, ann.Id);
        Assert.Equal("lost", (string?)(await ann.ExpectAsync("media-restart"))["reason"]);
        await Eventually.TrueAsync(() => next.Requests > requests + 1, "the next node refuses the member, also when it moves again");
        Assert.Equal(session, Session(node, ann));

        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Ready));

        await ann.ExpectAsync("media-restart", m => (string?)m["reason"] == "moved" && (long)m["generation"]! == 1);
        await ann.ExpectAsync("offer", m => Session(node, ann) is { } next && next != session && (string?)m["sessionId"] == next);
    }

    /// <summary>The client was not told of it, and has closed nothing on the former node.</summary>
    [Fact]
    public async Task NextSessionCannotBeRepeated_MeetingStays_ClientGoesOn()
    {
        await using var ann = await PublishingAsync("Ann");
        var session = Session(node, ann);
        await LeaveAsync();
        await OfferOfAsync(ann, next);
        await EventStreams.ReadAsync(next, meeting, ann);
        next.Hang();
        next.CloseSession(meeting, ann.Id, "subscribe", state: "failed");
        await Eventually.TrueAsync(
            () => signaling.LogLines().Any(line => line.Contains(ann.Id, StringComparison.Ordinal) && line.Contains("(timeout)", StringComparison.Ordinal)), "the next session cannot be opened again");

        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, Ready));
        await Marker.ExpireAsync(signaling, meeting, TimeSpan.FromMilliseconds(500), ann);

        next.Resume();
        Assert.Equal(session, Session(node, ann));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task FormerNodeDies_DuringMove_MemberGoesOnOnNextNode()
    {
        await using var ann = await PublishingAsync("Ann");
        await LeaveAsync();
        await PublishAgainAsync(ann, next);
        var session = Session(next, ann);

        await cluster.AssignAsync(meeting, Assigned("default-bbbbb", 2, Ready), Assigned("default-aaaaa", 1, Lost, Edge));
        await node.DieAsync();
        await Marker.ExpireAsync(signaling, meeting, TimeSpan.FromMilliseconds(500), ann);

        Assert.Equal(session, Session(next, ann));
        Assert.Empty(ann.OfType("media-restart"));
        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await Eventually.TrueAsync(() => next.Read(meeting, r => r.Participants[ann.Id].IsMuted("microphone")), "requests reach the next node");
    }

    [Fact]
    public async Task NodeDies_BeforeMove_ClientRestarts()
    {
        await using var ann = await PublishingAsync("Ann");

        await cluster.AssignAsync(meeting, Assigned("default-bbbbb", 2, Ready), Assigned("default-aaaaa", 1, Lost, Edge));

        Assert.Equal("moved", (string?)(await ann.ExpectAsync("media-restart"))["reason"]);
        await Eventually.TrueAsync(() => IsOn(next, ann) && Session(next, ann) is not null, "the participant is on the next node");
        Assert.Empty(ann.OfType("media-move"));
    }
}
