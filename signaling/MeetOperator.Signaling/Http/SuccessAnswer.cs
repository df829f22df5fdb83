namespace MeetOperator.Signaling.Http;

public sealed record SuccessAnswer(bool Success);
