using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Core;

/// <summary>core/v1 Secret. <see cref="Data"/> contains base64, as on the wire; see <see cref="GetBytes"/>.</summary>
[KubernetesEntity(Version = "v1", Kind = "Secret", Plural = "secrets")]
public sealed class Secret : KubernetesObject
{
    public string? Type { get; set; }
    public bool? Immutable { get; set; }
    public IDictionary<string, string>? Data { get; set; }

    /// <summary>Write-only plain text, which the server encodes into <see cref="Data"/>.</summary>
    public IDictionary<string, string>? StringData { get; set; }

    /// <summary>The decoded value, or null if the key is absent or the value is not base64.</summary>
    public byte[]? GetBytes(string key)
    {
        if (Data is null || !Data.TryGetValue(key, out var encoded))
        {
            return null;
        }

        var buffer = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, buffer, out var written) ? buffer[..written] : null;
    }
}
