using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Admission;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Operator.Webhook;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Webhook;

/// <summary>Randomly modified reviews from the golden cases: each gets a response or a rejection with a reason, and none throws.</summary>
public sealed class WebhookFuzzTests
{
    private const int Rounds = 20_000;
    private static readonly string[] Oddities = ["null", "[]", "{}", "\"\"", "-1", "1e308", "true", "[null]", "{\"a\":null}", "\"\\ud800\"", "9223372036854775808", "[[[[]]]]", "{\"name\":{}}"];

    [Fact]
    public void Review_RandomlyBrokenInput_NeverThrows()
    {
        var random = new Random(20260101);
        var seeds = Seeds();
        var reviewer = new MeetAdmission();
        var (answered, rejected) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var seed = seeds[random.Next(seeds.Length)];
            var body = random.Next(3) == 0 ? Garble(seed, random) : Replace(seed, random);
            if (!AdmissionReviews.TryRead(body, out var uid, out var request, out var problem))
            {
                Assert.NotEmpty(problem);
                rejected++;
                continue;
            }

            Parse(AdmissionReviews.WriteReview(uid, request, reviewer.Review(request)));
            Parse(AdmissionReviews.WriteEviction(uid, EvictionDecision.Refuse(request.Name, shouldDrain: false)));
            Parse(AdmissionReviews.WritePatch(uid, MeetingDefaults.Patch(request, _ => "a")));
            answered++;
        }

        Assert.True(answered > Rounds / 10 && rejected > Rounds / 10, $"{answered} answered, {rejected} rejected");
    }

    private static void Parse(byte[] answer) => Assert.NotNull(JsonNode.Parse(answer)!["response"]!["allowed"]);

    private static byte[][] Seeds() =>
    [
        .. Directory.GetFiles(Repository.Golden("crds"), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file =>
        {
            var documents = File.ReadAllText(file).Split("\n---\n").Select(text => Yaml.Parse(text).AsObject()).ToArray();
            var review = new JsonObject
            {
                ["apiVersion"] = "admission.k8s.io/v1",
                ["kind"] = "AdmissionReview",
                ["request"] = WebhookCaller.About(documents[^1], documents.Length > 1 ? "UPDATE" : "CREATE", documents.Length > 1 ? documents[0] : null),
            };
            return JsonSerializer.SerializeToUtf8Bytes(review, KubeJson.Options);
        }),
    ];

    /// <summary>Changes, removes or repeats bytes.</summary>
    private static byte[] Garble(byte[] seed, Random random)
    {
        var bytes = seed.ToArray();
        for (var change = random.Next(1, 6); change > 0; change--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    /// <summary>Replaces one or more values with values of another type.</summary>
    private static byte[] Replace(byte[] seed, Random random)
    {
        var root = JsonNode.Parse(seed)!;
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            var places = FindValues(root["request"]!).ToArray();
            if (places.Length == 0)
            {
                break;
            }

            var (parent, key) = places[random.Next(places.Length)];
            var value = Oddities[random.Next(Oddities.Length)];
            JsonNode? node = value.Contains("\\ud800", StringComparison.Ordinal) ? JsonValue.Create("\ud800") : JsonNode.Parse(value);
            if (parent is JsonObject map)
            {
                map[key] = node;
            }
            else
            {
                parent.AsArray()[int.Parse(key, System.Globalization.CultureInfo.InvariantCulture)] = node;
            }
        }

        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static IEnumerable<(JsonNode Parent, string Key)> FindValues(JsonNode node) => node switch
    {
        JsonObject map => map.SelectMany(entry => entry.Value is null ? [(node, entry.Key)] : FindValues(entry.Value).Append((node, entry.Key))),
        JsonArray list => list.SelectMany((entry, index) => entry is null ? [(node, $"{index}")] : FindValues(entry).Append((node, $"{index}"))),
        _ => [],
    };
}
