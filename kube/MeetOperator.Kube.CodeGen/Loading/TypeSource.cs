using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using MeetOperator.Kube.CodeGen.Errors;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.CodeGen.Loading;

/// <summary>Loads assemblies from their build folder. They share the Abstractions assembly of this program, so that attribute types are equal.</summary>
internal sealed class TypeSource : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver _dependencies;

    private TypeSource(string path)
        : base(Path.GetFileName(path)) => _dependencies = new AssemblyDependencyResolver(path);

    public static Assembly Load(string path)
    {
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new CodeGenException($"{path} does not exist; build its project first.");
        }

        return new TypeSource(full).LoadFromAssemblyPath(full);
    }

    /// <summary>All types that can be loaded. A type that depends on a missing assembly cannot be an entity, so it is skipped.</summary>
    public static IEnumerable<Type> TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            return e.Types.OfType<Type>();
        }
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == typeof(KubernetesEntityAttribute).Assembly.GetName().Name)
        {
            return typeof(KubernetesEntityAttribute).Assembly;
        }

        var path = _dependencies.ResolveAssemblyToPath(assemblyName) ?? FindInFrameworks(assemblyName.Name!);
        return path is null ? null : LoadFromAssemblyPath(path);
    }

    /// <summary>Finds assemblies of ASP.NET Core, which web assemblies reference and the base framework of this program does not include.</summary>
    private static string? FindInFrameworks(string name)
    {
        var runtime = RuntimeEnvironment.GetRuntimeDirectory();
        if (File.Exists(Path.Combine(runtime, name + ".dll")))
        {
            return null;
        }

        var web = Path.GetFullPath(Path.Combine(runtime, "..", "..", "Microsoft.AspNetCore.App"));
        return !Directory.Exists(web)
            ? null
            : Directory.GetDirectories(web, $"{Environment.Version.Major}.*")
                .Order(StringComparer.Ordinal)
                .Select(folder => Path.Combine(folder, name + ".dll"))
                .LastOrDefault(File.Exists);
    }
}
