using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.KubectlMeet.Inside;

/// <summary>How work gets into the Pod, as arguments of its program, and the result out of it, as a line of its log. Pure.</summary>
internal static class InsideText
{
    /// <summary>The most characters of one argument: Linux accepts 128 KiB.</summary>
    public const int MaxArgument = 100_000;

    /// <summary>The most characters of all arguments, so that the Pod fits into etcd.</summary>
    public const int MaxWork = 1_000_000;

    private static readonly JsonSerializerOptions Json = new(KubeJson.Options) { Converters = { new EndPointConverter() } };

    /// <summary>The work as JSON in parts. A kubelet would expand <c>$(NAME)</c>, so the text has no dollar sign.</summary>
    public static IReadOnlyList<string> Write(InsideWork work) =>
        [.. JsonSerializer.Serialize(work, Json).Replace("$", "\\u0024", StringComparison.Ordinal).Chunk(MaxArgument).Select(part => new string(part))];

    /// <exception cref="JsonException">The text is not of this version of the program.</exception>
    public static InsideWork ReadWork(IEnumerable<string> arguments) => JsonSerializer.Deserialize<InsideWork>(string.Concat(arguments), Json) ?? throw new JsonException("the work is null");

    public static string Write(InsideResult result) => JsonSerializer.Serialize(result, Json);

    /// <summary>The result in a log: its last line. Null if there is none, or one of another version.</summary>
    public static InsideResult? ReadResult(string log)
    {
        try
        {
            return log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last] ? JsonSerializer.Deserialize<InsideResult>(last, Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class EndPointConverter : JsonConverter<IPEndPoint>
    {
        public override IPEndPoint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            IPEndPoint.TryParse(reader.GetString() ?? string.Empty, out var parsed) ? parsed : throw new JsonException("not an address and port");

        public override void Write(Utf8JsonWriter writer, IPEndPoint value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
