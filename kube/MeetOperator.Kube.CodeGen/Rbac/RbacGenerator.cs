using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MeetOperator.Kube.CodeGen.Crds;
using MeetOperator.Kube.CodeGen.Errors;
using MeetOperator.Kube.CodeGen.Output;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.CodeGen.Rbac;

/// <summary>
/// Generates roles from <see cref="RbacRuleAttribute"/>s: per component a ClusterRole and, for rules of its own namespace, a Role. Rules are sorted
/// and commented with their reasons.
/// </summary>
internal static partial class RbacGenerator
{
    private static readonly string[] Verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

    /// <summary>YAML by file stem: <c>&lt;component&gt;.clusterrole</c> and <c>&lt;component&gt;.role</c>.</summary>
    /// <param name="rules">All rules of all components.</param>
    /// <param name="namePrefix">Prefix of the role names, before the component.</param>
    public static IReadOnlyDictionary<string, string> Generate(IEnumerable<RbacRuleAttribute> rules, string namePrefix = "")
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var role in rules.GroupBy(rule => (rule.Component, Kind: rule.OwnNamespace ? "Role" : "ClusterRole")))
        {
            foreach (var rule in role)
            {
                Validate(rule);
            }

            result[$"{role.Key.Component}.{role.Key.Kind.ToLowerInvariant()}"] = Write(role.Key.Kind, namePrefix + role.Key.Component, role);
        }

        return result;
    }

    private static string Write(string kind, string name, IEnumerable<RbacRuleAttribute> rules)
    {
        var role = new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = name },
        };
        var text = new StringBuilder(GeneratedFolder.Header).Append(YamlWriter.Write(role)).Append("rules:\n");

        // Merge the rules of several types for the same resources into one.
        var targets = rules
            .GroupBy(rule => (rule.Group, Resources: Joined(rule.Resources), Names: Joined(rule.ResourceNames)))
            .OrderBy(target => target.Key.Group, StringComparer.Ordinal)
            .ThenBy(target => target.Key.Resources, StringComparer.Ordinal)
            .ThenBy(target => target.Key.Names, StringComparer.Ordinal);
        foreach (var target in targets)
        {
            foreach (var reason in target.Select(rule => rule.Reason.Trim()).Distinct().Order(StringComparer.Ordinal))
            {
                text.Append("# ").Append(Whitespace().Replace(reason, " ")).Append('\n');
            }

            var node = new JsonObject
            {
                ["apiGroups"] = Json.Array([target.Key.Group]),
                ["resources"] = Json.Array(Sorted(target.First().Resources)),
                ["verbs"] = Json.Array(Sorted(target.SelectMany(rule => rule.Verbs))),
            };
            if (target.Key.Names.Length > 0)
            {
                node["resourceNames"] = Json.Array(Sorted(target.First().ResourceNames));
            }

            text.Append(YamlWriter.Write(new JsonArray(node)));
        }

        return text.ToString();
    }

    private static void Validate(RbacRuleAttribute rule)
    {
        var location = $"[RbacRule(\"{rule.Component}\")] on {rule.Group}/{string.Join(",", rule.Resources)}";
        if (!ComponentName().IsMatch(rule.Component))
        {
            throw new CodeGenException($"{location}: the component must consist of lowercase letters, digits, and dashes.");
        }

        if (rule.Resources.Length == 0 || rule.Verbs.Length == 0 || string.IsNullOrWhiteSpace(rule.Reason))
        {
            throw new CodeGenException($"{location}: Resources, Verbs, and Reason must not be empty.");
        }

        if (rule.Group == "*" || rule.Resources.Concat(rule.Verbs).Concat(rule.ResourceNames).Any(value => value.Contains('*', StringComparison.Ordinal)))
        {
            throw new CodeGenException($"{location}: wildcards are not allowed; name each group, resource, and verb.");
        }

        if (rule.Verbs.FirstOrDefault(verb => !Verbs.Contains(verb)) is { } unknown)
        {
            var explanation = unknown is "escalate" or "bind" or "impersonate" ? "it would allow privilege escalation" : $"allowed verbs are {string.Join(", ", Verbs)}";
            throw new CodeGenException($"{location}: verb \"{unknown}\" is not allowed; {explanation}.");
        }

        if (rule.ResourceNames.Length > 0 && rule.Verbs.FirstOrDefault(verb => verb is "create" or "deletecollection") is { } unnamed)
        {
            throw new CodeGenException($"{location}: \"{unnamed}\" cannot be restricted by ResourceNames, because the request has no object name; use a separate rule.");
        }
    }

    private static IEnumerable<string> Sorted(IEnumerable<string> values) => values.Distinct().Order(StringComparer.Ordinal);

    private static string Joined(IEnumerable<string> values) => string.Join(',', Sorted(values));

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex ComponentName();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
