namespace MeetOperator.Signaling;

public sealed record CreateMeetingAnswer(string MeetingId, string JoinUrl, string HostToken);
