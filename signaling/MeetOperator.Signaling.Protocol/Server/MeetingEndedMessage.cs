using System.Text.Json;

namespace MeetOperator.Signaling.Protocol;

public sealed record MeetingEndedMessage(string Reason) : ServerMessage("meeting-ended")
{
    private protected override void WriteFields(Utf8JsonWriter json) => json.WriteString("reason"u8, Reason);
}
