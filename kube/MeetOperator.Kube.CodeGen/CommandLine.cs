using System.Reflection;

namespace MeetOperator.Kube.CodeGen;

/// <summary>The program: parses arguments, generates, writes or compares. Exit codes: 0 done, 1 differences, 2 wrong use or a type that cannot be expressed.</summary>
public static class CommandLine
{
    private const string Usage = """
        Generates Kubernetes manifests from types with attributes of MeetOperator.Kube.Abstractions.

          crds --assembly X.dll [--assembly Y.dll …] --out DIR [--check]
              one CustomResourceDefinition an entity, as <plural>.<group>.yaml

          rbac --assembly X.dll [--assembly Y.dll …] --out DIR [--name-prefix P] [--check]
              a ClusterRole and a Role of the own namespace a component, as <component>.{clusterrole,role}.yaml

        --check writes nothing: it prints the differences to what is in DIR and exits with 1 when there are any.
        """;

    public static int Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        if (arguments.Length == 0 || arguments.Contains("--help") || arguments[0] == "help")
        {
            output.WriteLine(Usage);
            return arguments.Length == 0 ? 2 : 0;
        }

        try
        {
            var options = Options.Parse(arguments[1..]);
            var files = arguments[0] switch
            {
                "crds" => Crds(options),
                "rbac" => Rbac(options),
                var other => throw new CodeGenException($"There is no command \"{other}\"; it is crds or rbac."),
            };
            return Finish(options, files, output);
        }
        catch (CodeGenException e)
        {
            errors.WriteLine(e.Message);
            return 2;
        }
    }

    private static int Finish(Options options, IReadOnlyDictionary<string, string> files, TextWriter output)
    {
        if (!options.Check)
        {
            GeneratedFolder.Write(options.Out, files);
            output.WriteLine($"{files.Count} files in {options.Out} are up to date.");
            return 0;
        }

        var differences = GeneratedFolder.Compare(options.Out, files);
        output.Write(differences);
        return differences.Length == 0 ? 0 : 1;
    }

    private static SortedDictionary<string, string> Crds(Options options)
    {
        var assemblies = options.Assemblies.Select(TypeSource.Load).ToList();
        foreach (var assembly in assemblies.Where(assembly => !File.Exists(XmlDocumentation.FileOf(assembly))))
        {
            throw new CodeGenException($"{XmlDocumentation.FileOf(assembly)} is missing, and descriptions come from it; set GenerateDocumentationFile and build again.");
        }

        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var type in CrdGenerator.FindEntities(assemblies.SelectMany(TypeSource.TypesOf)))
        {
            files[CrdGenerator.NameOf(KubernetesEntityAttribute.Of(type)) + ".yaml"] = GeneratedFolder.Header + YamlWriter.Write(CrdGenerator.Generate(type));
        }

        return files.Count > 0 ? files : throw new CodeGenException($"No type in {string.Join(", ", options.Assemblies)} carries [KubernetesEntity] with a group.");
    }

    private static SortedDictionary<string, string> Rbac(Options options)
    {
        var rules = new List<RbacRuleAttribute>();
        foreach (var assembly in options.Assemblies.Select(TypeSource.Load))
        {
            rules.AddRange(assembly.GetCustomAttributes<RbacRuleAttribute>());
            rules.AddRange(TypeSource.TypesOf(assembly).SelectMany(type => type.GetCustomAttributes<RbacRuleAttribute>(inherit: false)));
        }

        var roles = RbacGenerator.Generate(rules, options.NamePrefix);
        return roles.Count > 0
            ? new SortedDictionary<string, string>(roles.ToDictionary(role => role.Key + ".yaml", role => role.Value), StringComparer.Ordinal)
            : throw new CodeGenException($"Nothing in {string.Join(", ", options.Assemblies)} carries [RbacRule].");
    }

    private sealed record Options(IReadOnlyList<string> Assemblies, string Out, string NamePrefix, bool Check)
    {
        public static Options Parse(string[] arguments)
        {
            var assemblies = new List<string>();
            string? folder = null;
            var prefix = string.Empty;
            var check = false;
            for (var i = 0; i < arguments.Length; i++)
            {
                if (arguments[i] == "--check")
                {
                    check = true;
                    continue;
                }

                var value = i + 1 < arguments.Length ? arguments[i + 1] : throw new CodeGenException($"{arguments[i]} needs a value; see --help.");
                switch (arguments[i++])
                {
                    case "--assembly":
                        assemblies.Add(value);
                        break;
                    case "--out":
                        folder = value;
                        break;
                    case "--name-prefix":
                        prefix = value;
                        break;
                    default:
                        throw new CodeGenException($"There is no option \"{arguments[i - 1]}\"; see --help.");
                }
            }

            return assemblies.Count > 0 && folder is not null
                ? new Options(assemblies, folder, prefix, check)
                : throw new CodeGenException("--assembly and --out are needed; see --help.");
        }
    }
}
