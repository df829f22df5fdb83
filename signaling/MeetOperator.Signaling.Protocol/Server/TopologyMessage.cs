using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>How media flows from now on. The generation grows with every change.</summary>
public sealed record TopologyMessage(Topology Kind, long Generation) : ServerMessage("topology")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("kind"u8, WireName.Of(Kind));
        json.WriteNumber("generation"u8, Generation);
    }
}
