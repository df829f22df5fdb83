using System.Text.Json;

namespace MeetOperator.Signaling.Protocol;

public sealed record ForwardedAnswerMessage(string From, string Sdp) : ServerMessage("answer")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("from"u8, From);
        json.WriteString("sdp"u8, Sdp);
    }
}
