using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Placement.Decisions;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class MeetingMovesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly MeetingMoveTo Request = new() { SfuNode = "b", RequestedAt = Now };

    [Theory]
    [InlineData(null, true, false)]
    [InlineData(MeetingMoveState.Waiting, true, false)]
    [InlineData(MeetingMoveState.Moving, true, true)]
    [InlineData(MeetingMoveState.Done, false, false)]
    [InlineData(MeetingMoveState.Refused, false, false)]
    [InlineData(MeetingMoveState.Failed, false, false)]
    public void FindPending_SameRequest_DependsOnItsState(MeetingMoveState? state, bool pending, bool begun)
    {
        var found = MeetingMoves.FindPending(Request, state is { } known ? Handled(known) : null);

        Assert.Equal((pending, begun), (found is not null, found?.HasBegun == true));
    }

    [Fact]
    public void FindPending_StateOfLaterVersion_IsNotHandledAgain() => Assert.Null(MeetingMoves.FindPending(Request, Handled(null)));

    [Fact]
    public void FindPending_AnotherRequest_IsPendingAndHasNotBegun()
    {
        foreach (var other in (MeetingMoveTo[])[Request with { SfuNode = "c" }, Request with { Namespace = "x" }, Request with { RequestedAt = Now.AddSeconds(1) }, Request with { RequestedAt = null }])
        {
            Assert.False(MeetingMoves.FindPending(other, Handled(MeetingMoveState.Moving))!.HasBegun);
        }
    }

    [Fact]
    public void FindPending_TimeWithFraction_IsTheSameRequestAsItsStatus() =>
        Assert.Null(MeetingMoves.FindPending(Request with { RequestedAt = Now.AddMilliseconds(300) }, Handled(MeetingMoveState.Done)));

    [Theory]
    [InlineData(59, false, false)]
    [InlineData(61, false, true)]
    [InlineData(61, true, false)]
    public void FindExpiry_Age_RefusesOnlyOldRequestsThatHaveNotBegun(int minutes, bool begun, bool expired)
    {
        var request = Request with { RequestedAt = Now.AddMinutes(-minutes) };
        var handled = begun ? MeetingMoves.Record(request, null, new MoveAnswer(MeetingMoveState.Moving, "x")) : null;

        Assert.Equal(expired, MeetingMoves.FindExpiry(request, MeetingMoves.FindPending(request, handled), Now) is not null);
    }

    [Fact]
    public void Record_RequestTakenBackOrReplaced_ForgetsTheFormerOne()
    {
        Assert.Null(MeetingMoves.Record(null, Handled(MeetingMoveState.Moving), null));
        Assert.Null(MeetingMoves.Record(Request with { SfuNode = "c" }, Handled(MeetingMoveState.Done), null));
        Assert.Equal(Handled(MeetingMoveState.Done), MeetingMoves.Record(Request, Handled(MeetingMoveState.Done), null));
    }

    private static MeetingMove Handled(MeetingMoveState? state) => new() { SfuNode = "b", RequestedAt = Now, State = state };
}
