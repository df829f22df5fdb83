namespace MeetOperator.Signaling.Http;

public sealed record SuccessResponse(bool Success);
