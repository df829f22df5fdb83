namespace MeetOperator.Signaling.Http;

internal sealed record SuccessResponse(bool Success);
