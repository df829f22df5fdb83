namespace MeetOperator.Signaling.Data;

/// <summary>A stored chat line; <see cref="IsNew"/> is false when its sender had stored it before, under the same reference.</summary>
public sealed record AppendedLine(ChatRow Row, bool IsNew);
