using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>A participant as other participants see it. <see cref="Audio"/> and <see cref="Video"/> are true while it sends.</summary>
public sealed record ParticipantInfo(string ParticipantId, string DisplayName, bool Audio, bool Video, ParticipantRole Role)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteString("displayName"u8, DisplayName);
        json.WriteBoolean("audio"u8, Audio);
        json.WriteBoolean("video"u8, Video);
        json.WriteString("role"u8, WireName.Of(Role));
        json.WriteEndObject();
    }
}
