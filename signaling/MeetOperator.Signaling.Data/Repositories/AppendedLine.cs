namespace MeetOperator.Signaling.Data;

/// <summary>What became of a chat line; <see cref="Row"/> is null unless it is stored.</summary>
public sealed record AppendedLine(AppendOutcome Outcome, ChatRow? Row)
{
    public static AppendedLine Refused(AppendOutcome outcome) => new(outcome, null);
}
