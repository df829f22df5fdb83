using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>The ICE servers that the receiver uses from now on, in place of all earlier ones.</summary>
public sealed record IceServersMessage(IReadOnlyList<IceServer> IceServers) : ServerMessage("ice-servers")
{
    /// <summary>Whether media nodes answer only what comes from a relay, so that the receiver need not try anything else.</summary>
    public bool IsRelayOnly { get; init; }

    /// <summary>Whether the receiver may use tunnels through this server when no path to a media node works.</summary>
    public bool AllowsTunnels { get; init; }

    /// <summary>Whether the tenant has relays, and the receiver gets none because others of the tenant use all that it may have.</summary>
    public bool IsQuotaReached { get; init; }

    private protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteStartArray("iceServers"u8);
        foreach (var server in IceServers)
        {
            server.Write(json);
        }

        json.WriteEndArray();
        if (IsRelayOnly)
        {
            json.WriteString("iceTransportPolicy"u8, "relay"u8);
        }

        if (AllowsTunnels)
        {
            json.WriteBoolean("tunnel"u8, true);
        }

        if (IsQuotaReached)
        {
            json.WriteString("refused"u8, "quota-exceeded"u8);
        }
    }
}
