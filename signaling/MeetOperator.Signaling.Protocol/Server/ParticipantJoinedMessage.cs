using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

public sealed record ParticipantJoinedMessage(ParticipantInfo Participant) : ServerMessage("participant-joined")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WritePropertyName("participant"u8);
        Participant.Write(json);
    }
}
