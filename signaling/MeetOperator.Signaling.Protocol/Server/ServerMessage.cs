using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeetOperator.Signaling.Protocol;

/// <summary>What the server says over a WebSocket: one of the sealed records of this folder.</summary>
public abstract record ServerMessage
{
    // Text frames are read by JSON.parse, never put into HTML: only what JSON itself demands is escaped.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string type;

    private protected ServerMessage(string type) => this.type = type;

    /// <summary>The text frame.</summary>
    public byte[] ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            WriteFields(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private protected abstract void WriteFields(Utf8JsonWriter json);
}
