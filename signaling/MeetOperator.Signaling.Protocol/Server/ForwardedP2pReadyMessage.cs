using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>Participant <see cref="From"/> receives all media of the receiver of this message directly.</summary>
public sealed record ForwardedP2pReadyMessage(string From, long Generation) : ServerMessage("p2p-ready")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("from"u8, From);
        json.WriteNumber("generation"u8, Generation);
    }
}
