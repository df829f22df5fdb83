using System.Text.Json.Serialization;

namespace MeetOperator.Kube.Serialization;

/// <summary>
/// Makes a nullable enum property null when its JSON value is not one that this version knows. Use it in statuses: a later version may write more values, and the object
/// must remain readable after a rollback and during an upgrade.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UnknownAsNullAttribute : JsonConverterAttribute
{
    /// <exception cref="InvalidOperationException">The property is not a nullable enum.</exception>
    public override JsonConverter CreateConverter(Type typeToConvert) => Nullable.GetUnderlyingType(typeToConvert) is { IsEnum: true } type
        ? (JsonConverter)Activator.CreateInstance(typeof(KnownEnumConverter<>).MakeGenericType(type))!
        : throw new InvalidOperationException($"{nameof(UnknownAsNullAttribute)} applies to nullable enums, not to {typeToConvert}.");
}
