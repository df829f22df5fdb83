using System.Reflection;
using System.Text;

namespace MeetOperator.Kube.Tests.Testing;

/// <summary>Lists the public types and members of an assembly as text, one per line, in ordinal order.</summary>
public static class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(NameOf(type)).Append('\n');
            if (type.IsEnum)
            {
                text.Append("  ").AppendJoin(", ", Enum.GetNames(type)).Append('\n');
                continue;
            }

            foreach (var member in type.GetMembers(Declared).Select(Describe).OfType<string>().Distinct().Order(StringComparer.Ordinal))
            {
                text.Append("  ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string? Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"new({Parameters(constructor)})",
        PropertyInfo property => $"{NameOf(property.PropertyType)} {property.Name} {{{(property.GetMethod?.IsPublic == true ? " get;" : string.Empty)}{(property.SetMethod?.IsPublic == true ? " set;" : string.Empty)} }}",
        FieldInfo field => $"{NameOf(field.FieldType)} {field.Name}",
        MethodInfo { IsSpecialName: false } method when !IsOfRecord(method) => $"{NameOf(method.ReturnType)} {method.Name}({Parameters(method)})",
        _ => null,
    };

    /// <summary>Excludes the members that the compiler generates for records.</summary>
    private static bool IsOfRecord(MethodInfo method) =>
        method.Name is "Equals" or "GetHashCode" or "ToString" or "Deconstruct" || method.Name.Contains('<', StringComparison.Ordinal);

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(parameter => $"{NameOf(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = …" : string.Empty)}"));

    private static string NameOf(Type type)
    {
        if (!type.IsGenericType)
        {
            return type.Name;
        }

        var arguments = string.Join(", ", type.GetGenericArguments().Select(NameOf));
        return Nullable.GetUnderlyingType(type) is { } value ? NameOf(value) + "?" : $"{type.Name.Split('`')[0]}<{arguments}>";
    }
}
