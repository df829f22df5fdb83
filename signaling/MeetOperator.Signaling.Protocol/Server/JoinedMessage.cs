using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>Response to <c>join</c>: the participants in the meeting, and which media of the new participant is muted. <c>Survey</c>: ask the person at the end how the call was.</summary>
public sealed record JoinedMessage(
    string ParticipantId,
    IReadOnlyList<ParticipantInfo> Participants,
    ParticipantRole Role,
    bool AudioSilenced,
    bool VideoSilenced,
    Topology Topology,
    bool E2ee = false,
    bool Survey = false) : ServerMessage("joined")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("participantId"u8, ParticipantId);
        json.WriteStartArray("participants"u8);
        foreach (var participant in Participants)
        {
            participant.Write(json);
        }

        json.WriteEndArray();
        json.WriteString("role"u8, WireName.Of(Role));
        json.WriteStartObject("muted"u8);
        json.WriteBoolean("audio"u8, AudioSilenced);
        json.WriteBoolean("video"u8, VideoSilenced);
        json.WriteEndObject();
        json.WriteString("topology"u8, WireName.Of(Topology));
        if (E2ee)
        {
            json.WriteBoolean("e2ee"u8, true);
        }

        if (Survey)
        {
            json.WriteBoolean("survey"u8, true);
        }

        if (Topology == Topology.Sfu)
        {
            // Tells the client what this server accepts beyond the first version of the protocol.
            json.WriteStartObject("capabilities"u8);
            json.WriteBoolean("view"u8, true);
            json.WriteBoolean("quality"u8, true);
            json.WriteBoolean("slots"u8, true);
            json.WriteBoolean("p2p"u8, true);
            json.WriteEndObject();
        }
    }
}
