using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>A message from the server over a WebSocket: one of the sealed records in this folder.</summary>
public abstract record ServerMessage
{
    // Clients read text frames with JSON.parse and never insert them into HTML, so only the escapes that JSON requires are used.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _type;

    private protected ServerMessage(string type) => _type = type;

    /// <summary>Serializes the message to a text frame.</summary>
    public byte[] ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, _type);
            WriteFields(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private protected abstract void WriteFields(Utf8JsonWriter json);
}
