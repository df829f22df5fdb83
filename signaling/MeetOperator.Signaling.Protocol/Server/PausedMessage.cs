using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The video tracks that the receiver shows and does not get, because its line cannot take them. The list is complete.</summary>
public sealed record PausedMessage(IReadOnlyList<PausedTrack> Tracks) : ServerMessage("paused")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteStartArray("tracks"u8);
        foreach (var track in Tracks)
        {
            json.WriteStartObject();
            json.WriteString("participantId"u8, track.ParticipantId);
            json.WriteString("source"u8, track.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
