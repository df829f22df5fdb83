using System.Text.Json;

namespace MeetOperator.Signaling.Protocol;

/// <summary>
/// Says what was wrong with a message; nothing has changed. <see cref="Reference"/> is that of the chat line or offer that is meant, <see cref="SessionId"/> that
/// of the media session, if one is.
/// </summary>
public sealed record ErrorMessage(ErrorCode Code, string Message, string? Reference = null, string? SessionId = null) : ServerMessage("error")
{
    public ErrorMessage(ProtocolError error)
        : this(error.Code, error.Message, error.Reference)
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

        if (SessionId is not null)
        {
            json.WriteString("sessionId"u8, SessionId);
        }
    }
}
