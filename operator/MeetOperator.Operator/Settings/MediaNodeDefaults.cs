namespace MeetOperator.Operator.Settings;

/// <summary>Settings that the operator gives to all media nodes of the installation.</summary>
/// <param name="Image">Image for pools that do not set one.</param>
/// <param name="Tracing">Environment variables OTEL_*; empty when tracing is off.</param>
internal sealed record MediaNodeDefaults(string Image, IReadOnlyDictionary<string, string> Tracing);
