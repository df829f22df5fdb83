using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Testing;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>
/// One file in <c>tests/golden/crds/&lt;kind&gt;/{valid,invalid}</c>. Of two documents, the first is created and the second replaces it. The first lines of an
/// invalid case contain the field of the error (<c># field:</c>) and, when only a CEL rule rejects it, the message of the rule (<c># rule:</c>).
/// </summary>
internal sealed record GoldenCase(string Path, string Kind, string? Field, string? Rule, IReadOnlyList<JsonObject> Documents)
{
    private static readonly string Root = Repository.Golden("crds");

    public static IEnumerable<string> Paths(string validity) =>
        Directory.GetFiles(Root, "*.yaml", SearchOption.AllDirectories).Select(file => System.IO.Path.GetRelativePath(Root, file))
            .Where(path => path.Split('/')[1] == validity).Order(StringComparer.Ordinal);

    public static IEnumerable<GoldenCase> All(string validity) => Paths(validity).Select(Load);

    public static GoldenCase Load(string path)
    {
        var text = File.ReadAllText(System.IO.Path.Combine(Root, path));
        var documents = YamlToJson.Documents(text).OfType<JsonObject>().ToList();
        return new(path, documents[^1]["kind"]!.GetValue<string>(), Header(text, "field"), Header(text, "rule"), documents);
    }

    private static string? Header(string text, string name) =>
        text.Split('\n').Where(line => line.StartsWith($"# {name}: ", StringComparison.Ordinal)).Select(line => line[(name.Length + 4)..].Trim()).FirstOrDefault();
}
