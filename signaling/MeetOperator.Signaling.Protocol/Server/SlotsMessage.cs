using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>What the media sections of the receiver's subscribe session carry from now on. Sections that it does not name carry nothing.</summary>
public sealed record SlotsMessage(string SessionId, int Version, IReadOnlyList<OfferedTrack> Tracks) : ServerMessage("slots")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("sessionId"u8, SessionId);
        json.WriteNumber("version"u8, Version);
        json.WriteStartArray("slots"u8);
        foreach (var track in Tracks)
        {
            track.Write(json);
        }

        json.WriteEndArray();
    }
}
