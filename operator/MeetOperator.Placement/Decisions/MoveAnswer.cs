using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Placement.Decisions;

/// <summary>What a decision means for the requested move. All states but Waiting and Moving are final.</summary>
/// <param name="State">The state of the request.</param>
/// <param name="Message">One sentence without a period. It says nothing about nodes that the meeting may not use.</param>
public sealed record MoveAnswer(MeetingMoveState State, string Message);
