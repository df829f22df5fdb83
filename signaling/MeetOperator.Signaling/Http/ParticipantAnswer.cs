namespace MeetOperator.Signaling;

/// <summary>A participant who is here; true means sending.</summary>
public sealed record ParticipantAnswer(string ParticipantId, string DisplayName, bool Audio, bool Video, string Role);
