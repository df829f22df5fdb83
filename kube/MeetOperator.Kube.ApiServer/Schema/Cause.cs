using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>A field error (metav1.StatusCause). <paramref name="Reason"/> is a metav1 CauseType; <paramref name="Message"/> is the text after the path.</summary>
internal sealed record Cause(string Reason, string Field, string Message)
{
    public static Cause Required(string field, string message = "") =>
        new("FieldValueRequired", field, message.Length == 0 ? "Required value" : $"Required value: {message}");

    public static Cause Invalid(string field, string value, string message) =>
        new("FieldValueInvalid", field, $"Invalid value: {value}: {message}");

    public static Cause TypeInvalid(string field, string value, string message) =>
        new("FieldValueTypeInvalid", field, $"Invalid value: {value}: {message}");

    public static Cause NotSupported(string field, string value, IEnumerable<string> supported) =>
        new("FieldValueNotSupported", field, $"Unsupported value: {value}: supported values: {string.Join(", ", supported)}");

    public static Cause Immutable(string field, string value) => Invalid(field, value, "field is immutable");

    public static Cause Duplicate(string field, string value) => new("FieldValueDuplicate", field, $"Duplicate value: {value}");

    public static Cause Forbidden(string field, string message) => new("FieldValueForbidden", field, $"Forbidden: {message}");

    public override string ToString() => $"{(Field.Length == 0 ? "<nil>" : Field)}: {Message}";

    public JsonObject ToJson() => new() { ["reason"] = Reason, ["message"] = Message, ["field"] = Field.Length == 0 ? "<nil>" : Field };
}
