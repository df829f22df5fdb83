namespace MeetOperator.Signaling.Http;

/// <summary>A connected participant. <see cref="Audio"/> and <see cref="Video"/> are true while it sends.</summary>
internal sealed record ParticipantResponse(string ParticipantId, string DisplayName, bool Audio, bool Video, string Role);
