using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>A participant has another identity key, because its page was loaded again.</summary>
public sealed record E2eeIdentityMessage(string ParticipantId, string IdentityKey) : ServerMessage("e2ee-identity")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteString("identityKey"u8, IdentityKey);
    }
}
