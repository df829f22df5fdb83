using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

public sealed record RemovedMessage(string Reason) : ServerMessage("removed")
{
    private protected override void WriteFields(Utf8JsonWriter json) => json.WriteString("reason"u8, Reason);
}
