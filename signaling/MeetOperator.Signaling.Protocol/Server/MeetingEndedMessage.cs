using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

public sealed record MeetingEndedMessage(string Reason) : ServerMessage("meeting-ended")
{
    private protected override void WriteFields(Utf8JsonWriter json) => json.WriteString("reason"u8, Reason);
}
