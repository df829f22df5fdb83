using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The simulcast layers of the receiver's own source that somebody shows. The others need not be sent until a later message names them.</summary>
public sealed record LayersMessage(string Source, IReadOnlyList<string> Rids) : ServerMessage("layers")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("source"u8, Source);
        json.WriteStartArray("rids"u8);
        foreach (var rid in Rids)
        {
            json.WriteStringValue(rid);
        }

        json.WriteEndArray();
    }
}
