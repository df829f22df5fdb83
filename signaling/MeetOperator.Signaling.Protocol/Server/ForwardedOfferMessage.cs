using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>
/// An SDP offer from the SFU (with session ID, revision and tracks) or relayed from a participant. <see cref="Tunnel"/> says whether the SFU's session is on a tunnel; null in relayed offers.
/// </summary>
public sealed record ForwardedOfferMessage(
    string From, string Sdp, int? Revision, IReadOnlyList<OfferedTrack>? Tracks, string? SessionId = null, int? SlotsVersion = null, bool? Tunnel = null) : ServerMessage("offer")
{
    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("from"u8, From);
        json.WriteString("sdp"u8, Sdp);
        if (SessionId is not null)
        {
            json.WriteString("sessionId"u8, SessionId);
        }

        if (Revision is { } revision)
        {
            json.WriteNumber("revision"u8, revision);
        }

        if (SlotsVersion is { } version)
        {
            json.WriteNumber("slotsVersion"u8, version);
        }

        if (Tunnel is { } tunnel)
        {
            json.WriteBoolean("tunnel"u8, tunnel);
        }

        if (Tracks is null)
        {
            return;
        }

        json.WriteStartArray("tracks"u8);
        foreach (var track in Tracks)
        {
            track.Write(json);
        }

        json.WriteEndArray();
    }
}
