using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeetOperator.Fuzz.Tests;

/// <summary>Creates valid JSON from seeds by one to four changes of values: another type, a limit, a missing field, a repeated entry.</summary>
internal sealed class JsonMutator(int seed, IReadOnlyList<string> seeds)
{
    private const int MaximumRepeats = 300;

    private static readonly string[] Values =
    [
        "null", "true", "false", "-1", "0", "1", "1.5", "16384", "16385", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "1e308", "1e999", "-0",
        "\"\"", "\"x\"", "\"sfu\"", "\"camera\"", "\"microphone\"", "\"v=0\"", "\" \"", "\"\\u0000\"", "\"\\u202e\"", $"\"{new string('a', 64)}\"", $"\"{new string('a', 65)}\"", $"\"{new string('ä', 3_000)}\"",
        "[]", "{}", "[null]", "[{}]", "[[]]", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}",
    ];

    /// <summary>Leaves other than ASCII characters as they are.</summary>
    private static readonly JsonSerializerOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Random _random = new(seed);

    internal byte[] Next()
    {
        var root = JsonNode.Parse(seeds[_random.Next(seeds.Count)]);
        for (var changes = _random.Next(1, 5); changes > 0; changes--)
        {
            var nodes = new List<JsonNode>();
            Collect(root, nodes);
            if (nodes.Count == 0)
            {
                break;
            }

            Change(nodes[_random.Next(nodes.Count)]);
        }

        return Encoding.UTF8.GetBytes(root?.ToJsonString(Written) ?? "null");
    }

    /// <summary>Lists the objects and arrays that are not empty.</summary>
    private static void Collect(JsonNode? node, List<JsonNode> found)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject { Count: > 0 } members => members.Select(m => m.Value),
            JsonArray { Count: > 0 } entries => entries,
            _ => [],
        };
        foreach (var child in children.ToList())
        {
            Collect(child, found);
        }

        if (node is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            found.Add(node);
        }
    }

    private void Change(JsonNode node)
    {
        if (node is JsonObject members)
        {
            var name = members.ElementAt(_random.Next(members.Count)).Key;
            if (_random.Next(5) == 0)
            {
                members.Remove(name);
            }
            else
            {
                members[name] = Value();
            }

            return;
        }

        var entries = node.AsArray();
        var at = _random.Next(entries.Count);
        switch (_random.Next(4))
        {
            case 0:
                entries.RemoveAt(at);
                break;
            case 1:
                entries[at] = Value();
                break;
            default:
                for (var repeats = _random.Next(2) == 0 ? 1 : _random.Next(MaximumRepeats); repeats > 0; repeats--)
                {
                    entries.Add(entries[at]?.DeepClone());
                }

                break;
        }
    }

    private JsonNode? Value() => JsonNode.Parse(Values[_random.Next(Values.Length)]);
}
