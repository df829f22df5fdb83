using System.Globalization;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>
/// Requests to move a meeting to a certain media node (spec.placement.moveTo). Each is handled once: status.move says which one was, and how it ended. So a request that stays in a
/// manifest does nothing later. Pure.
/// </summary>
internal static class MeetingMoves
{
    /// <summary>An older request is refused, so that one from a backup or from before an outage surprises nobody.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>The request that is not answered yet; null when there is none.</summary>
    public static MoveDemand? FindPending(MeetingMoveTo? wanted, MeetingMove? handled)
    {
        var isSame = wanted is not null && handled is not null && wanted.IsSameRequest(handled);
        return wanted is null || (isSame && !IsGoingOn(handled)) ? null
            : new MoveDemand { SfuNode = wanted.SfuNode, Namespace = wanted.Namespace, HasBegun = isSame && handled!.State == MeetingMoveState.Moving };
    }

    /// <summary>The answer to a request that has not begun in time; null for another one.</summary>
    public static MoveAnswer? FindExpiry(MeetingMoveTo? wanted, MoveDemand? pending, DateTimeOffset now) =>
        pending is { HasBegun: false } && wanted?.RequestedAt is { } time && now - time > MaxAge
            ? new MoveAnswer(MeetingMoveState.Refused, string.Create(CultureInfo.InvariantCulture, $"the request of {time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC is more than an hour old: set placement.moveTo.requestedAt to the present time"))
            : null;

    /// <summary>The status after a decision.</summary>
    /// <param name="wanted">The request of the spec.</param>
    /// <param name="handled">The status so far.</param>
    /// <param name="answer">The answer to the request; null when there is nothing new.</param>
    public static MeetingMove? Record(MeetingMoveTo? wanted, MeetingMove? handled, MoveAnswer? answer) =>
        wanted is null ? null
        : answer is null ? (handled is not null && wanted.IsSameRequest(handled) ? handled : null)
        : new MeetingMove { SfuNode = wanted.SfuNode, Namespace = wanted.Namespace, RequestedAt = wanted.RequestedAt, State = answer.State, Message = answer.Message };

    public static bool IsGoingOn(MeetingMove? move) => move?.State is MeetingMoveState.Waiting or MeetingMoveState.Moving;

    /// <summary>The status of a meeting that has ended.</summary>
    public static MeetingMove? End(MeetingMove? move) => IsGoingOn(move) ? move! with { State = MeetingMoveState.Failed, Message = "the meeting has ended" } : move;
}
