namespace MeetOperator.Signaling;

public sealed record SuccessAnswer(bool Success);
