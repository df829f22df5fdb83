using System.Globalization;
using System.Text;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Client.Requests;

/// <summary>Builds API paths and queries from the names of an entity.</summary>
internal static class ResourcePath
{
    public static string Collection(KubernetesEntityAttribute entity, string? @namespace)
    {
        var path = new StringBuilder(entity.Group.Length == 0 ? "api/" : $"apis/{entity.Group}/").Append(entity.Version);
        if (!string.IsNullOrEmpty(@namespace))
        {
            if (entity.Scope == EntityScope.Cluster)
            {
                throw new ArgumentException($"{entity.Kind} is cluster-scoped; omit the namespace (\"{@namespace}\").");
            }

            path.Append("/namespaces/").Append(Uri.EscapeDataString(@namespace));
        }

        return path.Append('/').Append(entity.Plural).ToString();
    }

    public static string Item(KubernetesEntityAttribute entity, NamespacedName key, string subresource = "")
    {
        if (string.IsNullOrEmpty(key.Name))
        {
            throw new ArgumentException($"A {entity.Kind} needs a name (metadata.name).");
        }

        if (entity.Scope == EntityScope.Namespaced && string.IsNullOrEmpty(key.Namespace))
        {
            throw new ArgumentException($"{entity.Kind} \"{key.Name}\" needs a namespace (metadata.namespace).");
        }

        var path = $"{Collection(entity, key.Namespace)}/{Uri.EscapeDataString(key.Name)}";
        return subresource.Length == 0 ? path : $"{path}/{subresource}";
    }

    public static string Query(string path, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var result = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            var text = value switch
            {
                null or false => null,
                true => "true",
                _ => Convert.ToString(value, CultureInfo.InvariantCulture),
            };
            if (string.IsNullOrEmpty(text))
            {
                continue;
            }

            result.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(text));
            separator = '&';
        }

        return result.ToString();
    }
}
