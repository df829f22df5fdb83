using System.Security.Cryptography;
using System.Text;

namespace MeetOperator.NodeControl;

/// <summary>Derives each node's bearer token from the control key, so that one node's token opens no other node.</summary>
public static class NodeToken
{
    /// <param name="controlKey">At least 32 random bytes, held by operator and signaling only.</param>
    /// <param name="nodeNamespace">Namespace of the SfuNode.</param>
    /// <param name="nodeName">Name of the SfuNode.</param>
    public static string Derive(ReadOnlySpan<byte> controlKey, string nodeNamespace, string nodeName)
    {
        if (controlKey.Length < 32)
        {
            throw new ArgumentException("The control key must have at least 32 bytes.", nameof(controlKey));
        }

        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(controlKey, Encoding.UTF8.GetBytes($"node:{nodeNamespace}/{nodeName}"), mac);
        return Convert.ToBase64String(mac).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    /// <summary>Compares in constant time.</summary>
    public static bool Matches(string expected, string presented) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(presented));
}
