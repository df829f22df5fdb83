using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace MeetOperator.Signaling.Hosting;

/// <summary>
/// Removes secrets from log lines: anyone with the ID of a meeting can join it. Each ID is replaced with <c>id:</c> and the first twelve hexadecimal digits of its
/// SHA-256 hash, which is the same in all lines and on all instances. IDs are random, so the hash does not reveal the ID.
/// </summary>
public static partial class LogRedaction
{
    public static string Redact(string line) => Tokens().Replace(Ids().Replace(line, id => $"id:{Hash(id.Value)}"), "(token)");

    private static string Hash(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id.ToLowerInvariant())))[..12];

    /// <summary>IDs of meetings and participants, and all other UUIDs.</summary>
    [GeneratedRegex("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")]
    private static partial Regex Ids();

    /// <summary>JSON Web Tokens. Their header is a base64url-encoded JSON object, which starts with these letters.</summary>
    [GeneratedRegex(@"eyJ[\w-]+\.[\w-]+\.[\w-]+")]
    private static partial Regex Tokens();
}
