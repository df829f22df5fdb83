using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MeetOperator.Kube.CodeGen.Crds;

/// <summary>Reads summaries from the XML documentation file next to an assembly, as one line of plain text.</summary>
internal static partial class XmlDocumentation
{
    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Files = new(StringComparer.Ordinal);

    public static string FileOf(Assembly assembly) => Path.ChangeExtension(assembly.Location, ".xml");

    public static string? Summary(PropertyInfo property)
    {
        var owner = property.DeclaringType!;
        return Find(owner.Assembly, $"P:{NameOf(owner)}.{property.Name}");
    }

    public static string? Summary(Type type) =>
        type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true ? null : Find(type.Assembly, "T:" + NameOf(type));

    private static string NameOf(Type type) =>
        (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string? Find(Assembly assembly, string member) =>
        Files.GetOrAdd(FileOf(assembly), Read).GetValueOrDefault(member);

    private static IReadOnlyDictionary<string, string> Read(string path)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!File.Exists(path))
        {
            return result;
        }

        foreach (var member in XDocument.Load(path).Descendants("member"))
        {
            if (member.Attribute("name")?.Value is { } name && member.Element("summary") is { } summary)
            {
                var text = new StringBuilder();
                Append(text, summary);
                var line = Whitespace().Replace(text.ToString(), " ").Trim();
                if (line.Length > 0)
                {
                    result[name] = line;
                }
            }
        }

        return result;
    }

    private static void Append(StringBuilder text, XElement element)
    {
        foreach (var node in element.Nodes())
        {
            if (node is XText plain)
            {
                text.Append(plain.Value);
            }
            else if (node is XElement { IsEmpty: true } reference)
            {
                // <see cref="P:A.B.Name"/>, <see langword="null"/>, <paramref name="x"/>
                var target = reference.Attribute("cref") ?? reference.Attribute("langword") ?? reference.Attribute("name") ?? reference.Attribute("href");
                var name = target?.Value ?? string.Empty;
                text.Append(target?.Name.LocalName == "cref" ? name[(name.LastIndexOf('.') + 1)..] : name);
            }
            else if (node is XElement child)
            {
                Append(text, child);
            }
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
