using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>A participant as other participants see it. <see cref="Audio"/> and <see cref="Video"/> are true while it sends. <see cref="IdentityKey"/> is its public key for encryption end to end, or null.</summary>
public sealed record ParticipantInfo(string ParticipantId, string DisplayName, bool Audio, bool Video, ParticipantRole Role, string? IdentityKey = null)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteString("displayName"u8, DisplayName);
        json.WriteBoolean("audio"u8, Audio);
        json.WriteBoolean("video"u8, Video);
        json.WriteString("role"u8, WireName.Of(Role));
        if (IdentityKey is not null)
        {
            json.WriteString("identityKey"u8, IdentityKey);
        }

        json.WriteEndObject();
    }
}
