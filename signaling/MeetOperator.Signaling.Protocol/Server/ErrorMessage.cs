using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>
/// Reports a rejected message or a failed operation; the meeting state is unchanged. <see cref="Reference"/> is the reference of the chat message or offer
/// and <see cref="SessionId"/> the media session that the error applies to, if any.
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
