using System.Globalization;
using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>A stored chat message. <see cref="MessageId"/> increases by one from message to message within a meeting.</summary>
public sealed record ForwardedChatMessage(string From, string DisplayName, string Message, DateTimeOffset Timestamp, long MessageId, string? Reference = null) : ServerMessage("chat")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("from"u8, From);
        json.WriteString("displayName"u8, DisplayName);
        json.WriteString("message"u8, Message);
        json.WriteString("timestamp"u8, WireTime.Format(Timestamp));
        json.WriteString("messageId"u8, MessageId.ToString(CultureInfo.InvariantCulture));
        if (Reference is not null)
        {
            json.WriteString("reference"u8, Reference);
        }
    }
}
