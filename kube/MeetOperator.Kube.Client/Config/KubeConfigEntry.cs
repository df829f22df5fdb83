using System.Text;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.Client.Config;

/// <summary>The fields of one cluster, user, or context. Relative file names are relative to the kubeconfig file.</summary>
internal sealed class KubeConfigEntry(string path, string field, KubeConfigNode? body)
{
    /// <summary>File and field of this entry.</summary>
    public string Origin => $"{path}: {@field}";

    public string FieldPath(string name) => $"{path}: {field}.{name}";

    public bool Has(string name) => body?.Member(name) is not null;

    public string? Text(string name)
    {
        if (body?.Member(name) is not { } node)
        {
            return null;
        }

        var text = node.Scalar ?? throw new KubeConfigException($"{FieldPath(name)} must be text.");
        return text.Length == 0 ? null : text;
    }

    public string Require(string name) => Text(name) ?? throw new KubeConfigException($"{FieldPath(name)} is missing.");

    public bool Flag(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw new KubeConfigException($"{FieldPath(name)} is \"{other}\"; it must be true or false."),
    };

    public string? File(string name) =>
        Text(name) is { } file ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file) : null;

    /// <summary>The mapping in a field, or null.</summary>
    public KubeConfigEntry? Child(string name)
    {
        if (body?.Member(name) is not { } child || child.Scalar is "")
        {
            return null;
        }

        return child.IsMapping ? new KubeConfigEntry(path, $"{field}.{name}", child) : throw new KubeConfigException($"{FieldPath(name)} must be a mapping.");
    }

    /// <summary>The mappings in a list; empty if there is none.</summary>
    public IReadOnlyList<KubeConfigEntry> Children(string name) => [.. Items(name).Select((item, index) => item.IsMapping
        ? new KubeConfigEntry(path, $"{field}.{name}[{index}]", item)
        : throw new KubeConfigException($"{FieldPath(name)}[{index}] must be a mapping."))];

    /// <summary>The texts in a list; empty if there is none.</summary>
    public IReadOnlyList<string> Texts(string name) => [.. Items(name).Select((item, index) => item.Scalar ?? throw new KubeConfigException($"{FieldPath(name)}[{index}] must be text."))];

    /// <summary>A field as JSON, or null.</summary>
    public JsonNode? Json(string name) => body?.Member(name)?.ToJson();

    /// <summary>PEM text from <c>name-data</c> (base64) or from the file that <c>name</c> references.</summary>
    public string? Pem(string name)
    {
        if (Text(name + "-data") is { } data)
        {
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(data));
            }
            catch (FormatException e)
            {
                throw new KubeConfigException($"{FieldPath(name + "-data")} is not base64.", e);
            }
        }

        if (File(name) is not { } file)
        {
            return null;
        }

        try
        {
            return System.IO.File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{FieldPath(name)}: {e.Message}", e);
        }
    }

    private IEnumerable<KubeConfigNode> Items(string name) => body?.Member(name) is not { } node || node.Scalar is "" ? []
        : node.Items ?? throw new KubeConfigException($"{FieldPath(name)} must be a list.");
}
