namespace MeetOperator.Signaling.Http;

public sealed record CreateMeetingResponse(string MeetingId, string JoinUrl, string HostToken);
