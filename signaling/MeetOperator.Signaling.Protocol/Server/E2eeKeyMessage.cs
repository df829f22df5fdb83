using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>A message about keys from another participant, which the server cannot read.</summary>
public sealed record E2eeKeyMessage(string From, string Payload) : ServerMessage("e2ee-key")
{
    /// <summary>Leaves out the payload, so that it never reaches a log.</summary>
    public override string ToString() => $"E2eeKeyMessage {{ From = {From} }}";

    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("from"u8, From);
        json.WriteString("payload"u8, Payload);
    }
}
