using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The client must open both peer connections on another media node, beside the present ones, and close those when the new ones carry everything.</summary>
/// <param name="Generation">Fencing number of the new node's room.</param>
/// <param name="DeadlineMs">Milliseconds from now until the present connections end.</param>
/// <param name="Reason">Why the client moves; null if that is not known.</param>
public sealed record MediaMoveMessage(long Generation, long DeadlineMs, MediaMoveReason? Reason = null) : ServerMessage("media-move")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteNumber("generation"u8, Generation);
        json.WriteNumber("deadline"u8, DeadlineMs);
        if (Reason is { } reason)
        {
            json.WriteString("reason"u8, WireName.Of(reason));
        }
    }
}
