using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace MeetOperator;

/// <summary>
/// Removes secrets from log lines and spans: anyone with the ID of a meeting can join it. Each ID is replaced with <c>id:</c> and the first twelve hexadecimal digits of its
/// SHA-256 hash. An ID has the same hash in all lines, spans and processes. IDs are random, so the hash does not reveal the ID.
/// </summary>
internal static partial class Redaction
{
    public static string Redact(string text) => Tokens().Replace(Ids().Replace(text, id => $"id:{Hash(id.Value)}"), "(token)");

    private static string Hash(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id.ToLowerInvariant())))[..12];

    /// <summary>IDs of meetings and participants, and all other UUIDs.</summary>
    [GeneratedRegex("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")]
    private static partial Regex Ids();

    /// <summary>JSON Web Tokens. Their header is a base64url-encoded JSON object, which starts with these letters. The expression takes linear time for any text.</summary>
    [GeneratedRegex(@"eyJ[\w.-]+")]
    private static partial Regex Tokens();
}
