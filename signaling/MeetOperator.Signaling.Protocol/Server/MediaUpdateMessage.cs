using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>Whether a participant sends audio and video. With a <see cref="Reference"/>, it is the response to the participant's own message with that reference.</summary>
public sealed record MediaUpdateMessage(string ParticipantId, bool Audio, bool Video, string? Reference = null) : ServerMessage("media-update")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteBoolean("audio"u8, Audio);
        json.WriteBoolean("video"u8, Video);
        if (Reference is not null)
        {
            json.WriteString("reference"u8, Reference);
        }
    }
}
