using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The loudest participant. <see cref="Level"/> ranges from 0 (silent) to 127.</summary>
public sealed record SpeakingMessage(string ParticipantId, int Level) : ServerMessage("speaking")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteNumber("level"u8, Level);
    }
}
