using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

public sealed record MediaUpdateMessage(string ParticipantId, bool Audio, bool Video) : ServerMessage("media-update")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteBoolean("audio"u8, Audio);
        json.WriteBoolean("video"u8, Video);
    }
}
