using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The client must open both peer connections on another media node, beside the present ones, and close those when the new ones carry everything.</summary>
/// <param name="Generation">Fencing number of the new node's room.</param>
/// <param name="DeadlineMs">Milliseconds from now until the present connections end.</param>
public sealed record MediaMoveMessage(long Generation, long DeadlineMs) : ServerMessage("media-move")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteNumber("generation"u8, Generation);
        json.WriteNumber("deadline"u8, DeadlineMs);
    }
}
