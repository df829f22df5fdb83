using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The track in one media section. <see cref="ParticipantId"/> is null for a source of the receiver itself.</summary>
public sealed record OfferedTrack(string Mid, string? ParticipantId, string? Kind, string Source)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("mid"u8, Mid);
        if (ParticipantId is not null)
        {
            json.WriteString("participantId"u8, ParticipantId);
        }

        if (Kind is not null)
        {
            json.WriteString("kind"u8, Kind);
        }

        json.WriteString("source"u8, Source);
        json.WriteEndObject();
    }
}
