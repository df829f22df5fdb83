namespace MeetOperator.Signaling.Data;

/// <summary>The result of storing a chat message. <see cref="Row"/> is null if the message was rejected.</summary>
public sealed record AppendedLine(AppendOutcome Outcome, ChatRow? Row)
{
    public static AppendedLine Rejected(AppendOutcome outcome) => new(outcome, null);
}
