using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>
/// The position of a paged list: the resource version of the first page, which all pages show, and the last key.
/// <see cref="LatestVersion"/> continues with the current state instead.
/// </summary>
internal static class ContinueToken
{
    public const long LatestVersion = -1;
    private const string Format = "meta.k8s.io/v1";

    public static string Write(long version, ObjectKey last)
    {
        var token = new JsonObject { ["v"] = Format, ["rv"] = version, ["start"] = $"{last.Namespace}/{last.Name}\0" };
        return Convert.ToBase64String(JsonText.ToBytes(token)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    public static (long Version, ObjectKey After) Read(string token)
    {
        var padded = token.Replace('-', '+').Replace('_', '/').PadRight((token.Length + 3) / 4 * 4, '=');
        var buffer = new byte[padded.Length];
        if (Convert.TryFromBase64String(padded, buffer, out var length) && Parse(buffer.AsSpan(0, length)) is { } content && content.Text("v") == Format
            && content.Integer("rv") is { } version && content.Text("start")?.TrimEnd('\0').Split('/') is [var ns, var name])
        {
            return (version, new ObjectKey(string.Empty, ns.Length == 0 ? null : ns, name));
        }

        throw StatusErrors.BadRequest("invalid continue token: continue key is not valid");
    }

    public static int Compare(ObjectKey left, ObjectKey right)
    {
        var byNamespace = string.CompareOrdinal(left.Namespace ?? string.Empty, right.Namespace ?? string.Empty);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(left.Name, right.Name);
    }

    private static JsonObject? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonText.Parse(bytes) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
