using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client.Config;

namespace MeetOperator.Kube.Client.Credentials;

/// <summary>Reads the output of a program that provides credentials: an ExecCredential in JSON.</summary>
internal static class ExecCredential
{
    public const string Kind = "ExecCredential";

    /// <exception cref="CredentialException">The output is not an ExecCredential of the version that was asked for, or has no usable credential.</exception>
    public static ClientCredential Parse(string output, ExecConfig exec)
    {
        var root = Read(output, exec);
        var (version, kind) = (Text(root, "apiVersion"), Text(root, "kind"));
        if (version != exec.ApiVersion || kind != Kind)
        {
            throw Error(exec, $"answered with {kind ?? "an object without kind"} of {version ?? "no apiVersion"}, but the kubeconfig says {Kind} of {exec.ApiVersion}: set exec.apiVersion to what the program supports");
        }

        if (root["status"] is not JsonObject status)
        {
            throw Error(exec, "answered without status");
        }

        var (token, certificate, key) = (Text(status, "token"), Text(status, "clientCertificateData"), Text(status, "clientKeyData"));
        if ((certificate is null) != (key is null))
        {
            throw Error(exec, "answered with only one of status.clientCertificateData and status.clientKeyData; both are needed");
        }

        if (token is null && certificate is null)
        {
            throw Error(exec, "answered with neither status.token nor status.clientCertificateData");
        }

        var expires = ReadExpiry(status, exec);
        return certificate is null ? new ClientCredential(token, null, expires) : WithCertificate(token, certificate, key!, expires, exec);
    }

    private static JsonObject Read(string output, ExecConfig exec)
    {
        try
        {
            return JsonNode.Parse(output) as JsonObject ?? throw Error(exec, "wrote no JSON object to standard output");
        }
        catch (JsonException)
        {
            throw Error(exec, "wrote no JSON to standard output"); // Without the text, which may contain a credential.
        }
    }

    private static ClientCredential WithCertificate(string? token, string certificate, string key, DateTimeOffset? expires, ExecConfig exec)
    {
        X509Certificate2 pair;
        try
        {
            pair = Certificates.ReadClient(certificate, key, exec.Origin);
        }
        catch (KubeConfigException)
        {
            throw Error(exec, "answered with status.clientCertificateData and status.clientKeyData that are not a matching PEM pair");
        }

        var end = new DateTimeOffset(pair.NotAfter.ToUniversalTime());
        return new ClientCredential(token, pair, expires is { } earlier && earlier < end ? earlier : end);
    }

    private static DateTimeOffset? ReadExpiry(JsonObject status, ExecConfig exec) =>
        Text(status, "expirationTimestamp") is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw Error(exec, $"answered with status.expirationTimestamp \"{text}\"; it must be a time of RFC 3339");

    private static string? Text(JsonObject item, string name) => item[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private static CredentialException Error(ExecConfig exec, string what) => new($"{exec.Origin}: {exec.Command} {what}");
}
