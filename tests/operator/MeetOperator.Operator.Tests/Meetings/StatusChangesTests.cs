using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Kinds.Meetings;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class StatusChangesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 9, 0, 0, TimeSpan.Zero);
    private static readonly MeetingStatus Empty = new() { Phase = MeetingPhase.Ready, Message = MeetingStatuses.CanBeJoined, EmptySince = Now, Assignments = [On("p-a")] };
    private static readonly MeetingStatus InUse = Empty with
    {
        Phase = MeetingPhase.Active,
        Message = MeetingStatuses.InUse,
        EmptySince = null,
        StartedAt = Now,
        Participants = 1,
        PeakParticipants = 1,
        Assignments = [On("p-a") with { Participants = 1 }],
    };

    [Fact]
    public void Find_Equal_ReturnsOther() => Assert.Equal(StatusChange.Other, StatusChanges.Find(InUse, InUse with { }));

    [Fact]
    public void Find_OtherNumberOfParticipants_ReturnsFigures() => Assert.Equal(StatusChange.Figures, StatusChanges.Find(InUse, InUse with { Participants = 2 }));

    [Fact]
    public void Find_FirstParticipants_ReturnsInUse() => Assert.Equal(StatusChange.InUse, StatusChanges.Find(Empty, InUse));

    [Fact]
    public void Find_LastParticipantsLeft_ReturnsEmpty() => Assert.Equal(StatusChange.Empty, StatusChanges.Find(InUse, Empty with { StartedAt = Now, PeakParticipants = 1 }));

    /// <summary>Such changes are written at once, with the participants.</summary>
    [Fact]
    public void Find_AnythingElse_ReturnsOther()
    {
        MeetingStatus[] others =
        [
            Empty with { ObservedGeneration = 2 },
            Empty with { Message = "the pool has no media node" },
            Empty with { Phase = MeetingPhase.Migrating },
            Empty with { Phase = MeetingPhase.Ended },
            Empty with { Assignments = [On("p-b")] },
            Empty with { FormerNodes = [new FormerNode { Namespace = "meet-a", SfuNode = "p-b" }] },
            InUse with { Participants = 2, LastGeneration = 5 },
            InUse with { Participants = 2, Message = "the pool has no media node" },
        ];

        Assert.All(others, wanted => Assert.Equal(StatusChange.Other, StatusChanges.Find(InUse, wanted)));
    }

    private static MeetingAssignment On(string node) => new() { Namespace = "meet-a", SfuNode = node };
}
