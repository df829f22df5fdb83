using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>An SDP answer from the SFU (with its session ID) or relayed from a participant.</summary>
public sealed record ForwardedAnswerMessage(string From, string Sdp, string? SessionId = null, string? Reference = null) : ServerMessage("answer")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("from"u8, From);
        json.WriteString("sdp"u8, Sdp);
        if (SessionId is not null)
        {
            json.WriteString("sessionId"u8, SessionId);
        }

        if (Reference is not null)
        {
            json.WriteString("reference"u8, Reference);
        }
    }
}
