using System.Text.Json.Nodes;

namespace MeetOperator.KubectlMeet.Bundle;

/// <summary>
/// Removes secrets and personal data from objects of the API. Fields with the name of a secret lose their value, environment variables of Pods keep theirs only if their name is
/// harmless, and every other text is cleaned as a log line is. Pure.
/// </summary>
internal static class ObjectCleaner
{
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Returns a cleaned copy.</summary>
    public static JsonNode? Clean(JsonNode? node) => node switch
    {
        JsonObject map => CleanMap(map),
        JsonArray list => CleanList(list),
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(SecretRules.Clean(text)),
        _ => node?.DeepClone(),
    };

    private static JsonObject CleanMap(JsonObject map)
    {
        var cleaned = new JsonObject();

        // A variable is a pair of name and value, so the name decides about the value.
        var isSecretVariable = map["name"] is JsonValue named && named.TryGetValue<string>(out var name) && SecretRules.IsSensitiveName(name);
        foreach (var (key, value) in map)
        {
            if (key is "managedFields" or LastApplied)
            {
                continue; // A copy of the fields, and of the object as the user wrote it.
            }

            cleaned[SecretRules.Clean(key)] = IsText(value) && (SecretRules.IsSensitiveName(key) || (key == "value" && isSecretVariable)) ? JsonValue.Create(SecretRules.Removed) : Clean(value);
        }

        return cleaned;
    }

    /// <summary>The word after an option such as <c>--password</c> is a secret, too.</summary>
    private static JsonArray CleanList(JsonArray list) =>
        new([.. list.Select((item, index) => index > 0 && IsText(item) && IsSecretOption(list[index - 1]) ? JsonValue.Create(SecretRules.Removed) : Clean(item))]);

    private static bool IsSecretOption(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) && text.StartsWith('-') && !text.Contains('=', StringComparison.Ordinal) && SecretRules.IsSensitiveName(text);

    private static bool IsText(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out _);
}
