using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>Reads the values of encryption end to end, without an error text: <see cref="FieldReader"/> names the field.</summary>
internal static class E2eeFields
{
    /// <summary>Whether the value is a public key: an uncompressed point (SEC 1 §2.3.3), which starts with the byte 4.</summary>
    public static bool IsIdentityKey(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: ProtocolLimits.IdentityKeyLength } key && key[0] == 'B' && IsBase64Url(key);

    /// <summary>Reads a list of payloads; null if one is not valid or a recipient is named twice.</summary>
    public static IReadOnlyList<E2eePayload>? ReadPayloads(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > ProtocolLimits.MaxE2eeKeys)
        {
            return null;
        }

        var payloads = new List<E2eePayload>(value.GetArrayLength());
        var recipients = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object
                || !item.TryGetProperty("to", out var to) || to.ValueKind != JsonValueKind.String
                || to.GetString() is not { Length: > 0 and <= ProtocolLimits.MaxIdLength } recipient || !IsBase64Url(recipient) || !recipients.Add(recipient)
                || !item.TryGetProperty("payload", out var payload) || payload.ValueKind != JsonValueKind.String
                || payload.GetString() is not { Length: > 0 and <= ProtocolLimits.MaxE2eePayloadLength } text || !IsBase64Url(text))
            {
                return null;
            }

            payloads.Add(new E2eePayload(recipient, text));
        }

        return payloads;
    }

    private static bool IsBase64Url(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
