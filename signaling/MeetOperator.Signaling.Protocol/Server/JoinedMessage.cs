using System.Text.Json;

namespace MeetOperator.Signaling.Protocol;

/// <summary>Answer to <c>join</c>: who is here already, and how the newcomer starts.</summary>
public sealed record JoinedMessage(
    string ParticipantId,
    IReadOnlyList<ParticipantInfo> Participants,
    ParticipantRole Role,
    bool Muted,
    Topology Topology) : ServerMessage("joined")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteStartArray("participants"u8);
        foreach (var participant in Participants)
        {
            participant.Write(json);
        }

        json.WriteEndArray();
        json.WriteString("role"u8, WireName.Of(Role));
        json.WriteBoolean("muted"u8, Muted);
        json.WriteString("topology"u8, WireName.Of(Topology));
    }
}
