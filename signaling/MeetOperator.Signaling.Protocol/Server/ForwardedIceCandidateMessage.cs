using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>A relayed ICE candidate. <see cref="CandidateJson"/> is valid JSON and is written unchanged.</summary>
public sealed record ForwardedIceCandidateMessage(string From, string CandidateJson) : ServerMessage("ice-candidate")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("from"u8, From);
        json.WritePropertyName("candidate"u8);
        json.WriteRawValue(CandidateJson);
    }
}
