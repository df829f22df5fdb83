namespace MeetOperator.Kube;

/// <summary>Bounds of a number (OpenAPI minimum, maximum).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RangeAttribute(double minimum, double maximum) : Attribute
{
    public double Minimum { get; } = minimum;
    public double Maximum { get; } = maximum;
}

/// <summary>RE2 pattern of a string; on a list or map of strings it applies to each value.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PatternAttribute(string pattern) : Attribute
{
    public string Pattern { get; } = pattern;
}

/// <summary>Longest allowed string, in characters; on a list of strings it applies to each item.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaxLengthAttribute(int length) : Attribute
{
    public int Length { get; } = length;
}

/// <summary>Shortest allowed string, in characters; on a list of strings it applies to each item.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MinLengthAttribute(int length) : Attribute
{
    public int Length { get; } = length;
}

/// <summary>Most items of a list, or most entries of a map.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaxItemsAttribute(int count) : Attribute
{
    public int Count { get; } = count;
}

/// <summary>Makes a list a map by the named keys (x-kubernetes-list-type: map), so that server-side apply merges by key.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListMapKeyAttribute(params string[] keys) : Attribute
{
    public string[] Keys { get; } = keys;
}

/// <summary>Makes a list of scalars a set (x-kubernetes-list-type: set).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListSetAttribute : Attribute;

/// <summary>Default that the API server fills in, as a JSON literal: <c>"\"Auto\""</c>, <c>"100"</c>, <c>"{}"</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DefaultAttribute(string json) : Attribute
{
    public string Json { get; } = json;
}

/// <summary>The field must be present. Non-nullable reference properties declared <c>required</c> are required without it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RequiredFieldAttribute : Attribute;

/// <summary>Keeps fields that the schema does not know (x-kubernetes-preserve-unknown-fields).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PreserveUnknownFieldsAttribute : Attribute;

/// <summary>A field that holds an integer or a string such as a percentage (x-kubernetes-int-or-string).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IntOrStringAttribute : Attribute;

/// <summary>
/// A CEL rule of the schema node that it stands on (a spec class or a property). Every rule has a twin in C# with the same verdict.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class, AllowMultiple = true)]
public sealed class CelRuleAttribute(string rule, string message) : Attribute
{
    public string Rule { get; } = rule;
    public string Message { get; } = message;

    /// <summary>Field path relative to the node that the error names, for example <c>.schedule.endTime</c>.</summary>
    public string? FieldPath { get; init; }
}
