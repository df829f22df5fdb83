using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Schemas;

public sealed class ContractTypesTests
{
    private static readonly Type[] Types = [.. typeof(Meeting).Assembly.GetTypes().Where(type => type is { IsClass: true, IsAbstract: false, IsPublic: true } && type.GetProperties().Length > 0)];

    [Fact]
    public void Fields_All_HaveDescriptionOfAtLeastTwentyCharacters()
    {
        var documentation = XDocument.Load(Path.ChangeExtension(typeof(Meeting).Assembly.Location, ".xml")).Descendants("member")
            .ToDictionary(member => member.Attribute("name")!.Value, member => string.Concat(member.Element("summary")?.Nodes() ?? []).Trim());

        var poor = Types.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(property => property.Name != "EqualityContract")
            .Select(property => $"P:{property.DeclaringType!.FullName}.{property.Name}")
            .Where(name => !documentation.TryGetValue(name, out var text) || text.Length < 20);

        Assert.Empty(poor);
    }

    [Fact]
    public void Defaults_InSchema_MatchTypes()
    {
        foreach (var property in Types.SelectMany(type => type.GetProperties()).Where(property => property.GetCustomAttribute<DefaultAttribute>() is not null))
        {
            var type = property.DeclaringType!;
            var blank = (JsonSerializer.SerializeToNode(Blank(type), type, KubeJson.Options) as JsonObject)!;
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var stated = JsonNode.Parse(property.GetCustomAttribute<DefaultAttribute>()!.Json)!;

            // An object that defaults to {} gets the defaults of its own fields.
            var equal = stated is JsonObject { Count: 0 } ? blank[name] is JsonObject : JsonNode.DeepEquals(stated, blank[name]);
            Assert.True(equal, $"{type.Name}.{property.Name}: schema default {stated.ToJsonString()}, type default {blank[name]?.ToJsonString()}");
        }
    }

    [Fact]
    public void Rules_All_HaveInvalidCase()
    {
        var rules = Types.SelectMany(type => type.GetCustomAttributes<CelRuleAttribute>().Concat(type.GetProperties().SelectMany(property => property.GetCustomAttributes<CelRuleAttribute>())))
            .Select(rule => rule.Message).Distinct().ToList();
        var broken = Directory.GetFiles(Repository.Golden("crds"), "*.yaml", SearchOption.AllDirectories).Where(file => file.Contains("invalid", StringComparison.Ordinal))
            .SelectMany(Findings).ToHashSet();

        Assert.NotEmpty(rules);
        Assert.Empty(rules.Where(message => !broken.Contains(message)));
    }

    [Fact]
    public void Lists_All_AreBounded()
    {
        var unbounded = Types.SelectMany(type => type.GetProperties())
            .Where(property => property.PropertyType.IsGenericType && property.PropertyType.Name.StartsWith("IReadOnly", StringComparison.Ordinal))
            .Where(property => property.GetCustomAttribute<MaxItemsAttribute>() is null);

        Assert.Empty(unbounded.Select(property => $"{property.DeclaringType!.Name}.{property.Name}"));
    }

    [Fact]
    public void Strings_All_AreBounded()
    {
        var unbounded = Types.Where(type => !typeof(KubernetesObject).IsAssignableFrom(type)).SelectMany(type => type.GetProperties())
            .Where(property => property.PropertyType == typeof(string))
            .Where(property => property.GetCustomAttribute<MaxLengthAttribute>() is null);

        Assert.Empty(unbounded.Select(property => $"{property.DeclaringType!.Name}.{property.Name}"));
    }

    [Fact]
    public void StatusEnums_All_ReadUnknownValueAsNull()
    {
        var strict = StatusTypes().SelectMany(type => type.GetProperties())
            .Where(property => (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).IsEnum)
            .Where(property => property.GetCustomAttribute<UnknownAsNullAttribute>() is null);

        Assert.Empty(strict.Select(property => $"{property.DeclaringType!.Name}.{property.Name}"));
    }

    [Fact]
    public void Status_EnumValuesOfLaterVersion_KeepsTheRest()
    {
        var meeting = JsonSerializer.Deserialize<Meeting>(
            """
            {"metadata":{"name":"m"},"spec":{"mode":"Sfu"},"status":{"phase":"Merging","participants":7,"assignments":[
              {"namespace":"media","sfuNode":"n1","role":"Origin","state":"Ready","generation":3},
              {"namespace":"media","sfuNode":"n2","role":"Mirror","state":"Warm","generation":4}]}}
            """,
            KubeJson.Options)!;

        Assert.Equal((null, 7), (meeting.Status!.Phase, meeting.Status.Participants));
        Assert.Equal([(AssignmentRole.Origin, AssignmentState.Ready), (default(AssignmentRole?), default(AssignmentState?))], meeting.Status.Assignments.Select(a => (a.Role, a.State)));
    }

    [Fact]
    public void Spec_UnknownEnumValue_IsRejected() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Meeting>("""{"metadata":{"name":"m"},"spec":{"mode":"Merged"}}""", KubeJson.Options));

    private static IEnumerable<string> Findings(string file)
    {
        var documents = File.ReadAllText(file).Split("\n---\n");
        var kind = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file)))!;
        try
        {
            return (kind switch
            {
                "meeting" => MeetingValidation.Validate(Read<Meeting>(documents[^1]), documents.Length > 1 ? Read<Meeting>(documents[0]) : null),
                "sfupool" => SfuPoolValidation.Validate(Read<SfuPool>(documents[^1]), documents.Length > 1 ? Read<SfuPool>(documents[0]) : null),
                "turnpool" => TurnPoolValidation.Validate(Read<TurnPool>(documents[^1]), documents.Length > 1 ? Read<TurnPool>(documents[0]) : null),
                "sfunode" => SfuNodeValidation.Validate(Read<SfuNode>(documents[^1]), documents.Length > 1 ? Read<SfuNode>(documents[0]) : null),
                _ => TenantValidation.Validate(Read<Tenant>(documents[^1]), documents.Length > 1 ? Read<Tenant>(documents[0]) : null),
            }).Select(error => error.Message);
        }
        catch (JsonException)
        {
            return []; // The schema rejects it before any rule is evaluated.
        }
    }

    /// <summary>The statuses and the types of their fields, as far as they are ours.</summary>
    private static HashSet<Type> StatusTypes()
    {
        var found = new HashSet<Type>();
        var open = new Queue<Type>(Types.Where(type => type.Name.EndsWith("Status", StringComparison.Ordinal)));
        while (open.TryDequeue(out var type))
        {
            if (!found.Add(type))
            {
                continue;
            }

            foreach (var used in type.GetProperties().SelectMany(property => property.PropertyType.GetGenericArguments().Append(property.PropertyType)).Where(Types.Contains))
            {
                open.Enqueue(used);
            }
        }

        return found;
    }

    private static T Read<T>(string yaml) => Yaml.Parse(yaml).Deserialize<T>(KubeJson.Options)!;

    /// <summary>An instance with only the required members set.</summary>
    private static object Blank(Type type) => type.GetProperties().Any(property => property.GetCustomAttribute<System.Runtime.CompilerServices.RequiredMemberAttribute>() is not null)
        ? System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type) is var empty && type.GetConstructor([]) is { } make ? make.Invoke(null) : empty
        : Activator.CreateInstance(type)!;
}
