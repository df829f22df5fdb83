namespace MeetOperator.Signaling.Http;

public sealed record CreateMeetingAnswer(string MeetingId, string JoinUrl, string HostToken);
