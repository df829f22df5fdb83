using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary><see cref="Reason"/>: left, timeout, removed or ended.</summary>
public sealed record ParticipantLeftMessage(string ParticipantId, string Reason) : ServerMessage("participant-left")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteString("reason"u8, Reason);
    }
}
