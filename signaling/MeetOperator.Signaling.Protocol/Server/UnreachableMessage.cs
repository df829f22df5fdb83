using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The participants whom the receiver cannot see or hear, because the media nodes cannot reach each other. The list is complete.</summary>
public sealed record UnreachableMessage(IReadOnlyList<string> ParticipantIds) : ServerMessage("unreachable")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteStartArray("participantIds"u8);
        foreach (var participantId in ParticipantIds)
        {
            json.WriteStringValue(participantId);
        }

        json.WriteEndArray();
    }
}
