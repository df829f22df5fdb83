using System.Diagnostics.CodeAnalysis;
using System.Text;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.Operator.Control;

/// <summary>Reads and writes NodeControl credentials in a Secret, under the standard keys of a TLS Secret.</summary>
internal static class ControlSecretText
{
    public const string CertificateKey = "tls.crt";
    public const string PrivateKey = "tls.key";
    public const string AuthoritiesKey = "ca.crt";

    public static Dictionary<string, string> Data(NodeCredentials credentials) => new(StringComparer.Ordinal)
    {
        [CertificateKey] = Encode(credentials.Certificate),
        [PrivateKey] = Encode(credentials.Key),
        [AuthoritiesKey] = Encode(credentials.Authorities),
    };

    /// <param name="key">Name of the Secret.</param>
    /// <param name="credentials">The credentials to store.</param>
    /// <param name="stored">The current Secret, or null. Its labels and owners are kept.</param>
    public static Secret Build(NamespacedName key, NodeCredentials credentials, Secret? stored) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = key.Name,
            Namespace = key.Namespace,
            ResourceVersion = stored?.Metadata.ResourceVersion,
            Labels = stored?.Metadata.Labels,
            Annotations = stored?.Metadata.Annotations,
            OwnerReferences = stored?.Metadata.OwnerReferences,
        },
        Type = stored?.Type ?? "Opaque",
        Data = Data(credentials),
    };

    public static bool TryRead(Secret? secret, [NotNullWhen(true)] out ControlCredentials? credentials)
    {
        credentials = null;
        return secret is not null && ControlCredentials.TryRead(Text(secret, CertificateKey), Text(secret, PrivateKey), Text(secret, AuthoritiesKey), out credentials, out _);
    }

    private static string? Text(Secret secret, string key) => secret.GetBytes(key) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static string Encode(string value) => Convert.ToBase64String(Encoding.UTF8.GetBytes(value));
}
