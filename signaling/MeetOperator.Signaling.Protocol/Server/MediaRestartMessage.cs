using System.Text.Json;

namespace MeetOperator.Signaling.Protocol;

/// <summary>The media path moved: both peer connections are to be opened anew.</summary>
public sealed record MediaRestartMessage(string Reason, long Generation) : ServerMessage("media-restart")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("reason"u8, Reason);
        json.WriteNumber("generation"u8, Generation);
    }
}
