using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>An ICE server, in the format of RTCIceServer.</summary>
public sealed record IceServer(IReadOnlyList<string> Urls, string? Username = null, string? Credential = null)
{
    /// <summary>Omits the credential so that it cannot get into a log.</summary>
    public override string ToString() => $"{nameof(IceServer)} {{ Urls = {string.Join(' ', Urls)}, Username = {Username} }}";

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("urls"u8);
        foreach (var url in Urls)
        {
            json.WriteStringValue(url);
        }

        json.WriteEndArray();
        if (Username is not null)
        {
            json.WriteString("username"u8, Username);
        }

        if (Credential is not null)
        {
            json.WriteString("credential"u8, Credential);
        }

        json.WriteEndObject();
    }
}
