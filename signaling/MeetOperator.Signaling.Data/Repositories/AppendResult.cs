using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>The result of storing a chat message. <see cref="Row"/> is null if the message was rejected.</summary>
public sealed record AppendResult(AppendOutcome Outcome, ChatRow? Row)
{
    public static AppendResult Rejected(AppendOutcome outcome) => new(outcome, null);
}
