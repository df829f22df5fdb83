using System.Reflection;
using MeetOperator.Kube.CodeGen.Crds;
using MeetOperator.Kube.CodeGen.Errors;
using MeetOperator.Kube.CodeGen.Loading;
using MeetOperator.Kube.CodeGen.Output;
using MeetOperator.Kube.CodeGen.Rbac;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.CodeGen;

/// <summary>The command line: generates manifests, and writes or compares them. Exit codes: 0 success, 1 differences, 2 invalid arguments or types.</summary>
internal static class CommandLine
{
    private const string Usage = """
        Generates Kubernetes manifests from types with the attributes of MeetOperator.Kube.Abstractions.

          crds --assembly X.dll [--assembly Y.dll …] --out DIR [--check]
              one CustomResourceDefinition per entity, as <plural>.<group>.yaml

          rbac --assembly X.dll [--assembly Y.dll …] --out DIR [--name-prefix P] [--check]
              a ClusterRole and a Role for its own namespace per component, as <component>.{clusterrole,role}.yaml

        With --check, no file is written: differences from DIR are printed, and the exit code is 1 if there are any.
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
                var other => throw new CodeGenException($"Unknown command \"{other}\"; use crds or rbac."),
            };
            return WriteOrCompare(options, files, output);
        }
        catch (CodeGenException e)
        {
            errors.WriteLine(e.Message);
            return 2;
        }
    }

    private static int WriteOrCompare(Options options, IReadOnlyDictionary<string, string> files, TextWriter output)
    {
        if (!options.Check)
        {
            var changed = GeneratedFolder.Write(options.Out, files);
            output.WriteLine(changed.Count == 0 ? $"{options.Out}: no changes" : $"{options.Out}: changed {string.Join(", ", changed.Select(Path.GetFileName))}");
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
            throw new CodeGenException($"{XmlDocumentation.FileOf(assembly)} is missing; descriptions come from this file. Set GenerateDocumentationFile and build again.");
        }

        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var type in CrdGenerator.FindEntities(assemblies.SelectMany(TypeSource.TypesOf)))
        {
            files[CrdGenerator.NameOf(KubernetesEntityAttribute.Of(type)) + ".yaml"] = GeneratedFolder.Header + YamlWriter.Write(CrdGenerator.Generate(type));
        }

        return files.Count > 0 ? files : throw new CodeGenException($"No type in {string.Join(", ", options.Assemblies)} has [KubernetesEntity] with a group.");
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
            : throw new CodeGenException($"No [RbacRule] found in {string.Join(", ", options.Assemblies)}.");
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
                        throw new CodeGenException($"Unknown option \"{arguments[i - 1]}\"; see --help.");
                }
            }

            return assemblies.Count > 0 && folder is not null
                ? new Options(assemblies, folder, prefix, check)
                : throw new CodeGenException("--assembly and --out are required; see --help.");
        }
    }
}
