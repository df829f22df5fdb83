using System.Text.Json;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Kube.Client.Errors;

/// <summary>An object from the server does not match its type, for example because a newer version of the program wrote it.</summary>
public sealed class UnreadableObjectException(NamespacedName key, string? resourceVersion, JsonException inner)
    : JsonException($"{key} cannot be read: {inner.Message}", inner)
{
    public NamespacedName Key { get; } = key;

    public string? ResourceVersion { get; } = resourceVersion;
}
