using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The media path changed. The client must open both peer connections again.</summary>
public sealed record MediaRestartMessage(string Reason, long Generation) : ServerMessage("media-restart")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("reason"u8, Reason);
        json.WriteNumber("generation"u8, Generation);
    }
}
