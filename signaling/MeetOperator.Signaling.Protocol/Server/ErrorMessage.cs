using System.Text.Json;

namespace MeetOperator.Signaling.Protocol;

/// <summary>Says what was wrong with a message; nothing has changed. <see cref="Reference"/> is that of the chat line that is meant, if one is.</summary>
public sealed record ErrorMessage(ErrorCode Code, string Message, string? Reference = null) : ServerMessage("error")
{
    public ErrorMessage(ProtocolError error)
        : this(error.Code, error.Message)
    {
    }

    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("code"u8, WireName.Of(Code));
        json.WriteString("message"u8, Message);
        if (Reference is not null)
        {
            json.WriteString("reference"u8, Reference);
        }
    }
}
