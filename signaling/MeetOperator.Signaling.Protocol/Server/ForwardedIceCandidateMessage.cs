using System.Text.Json;

namespace MeetOperator.Signaling.Protocol;

/// <summary>A relayed candidate; <see cref="CandidateJson"/> is checked JSON and written as it came.</summary>
public sealed record ForwardedIceCandidateMessage(string From, string CandidateJson) : ServerMessage("ice-candidate")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("from"u8, From);
        json.WritePropertyName("candidate"u8);
        json.WriteRawValue(CandidateJson);
    }
}
