using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MeetOperator.Signaling.Keys;

namespace MeetOperator.Signaling.Access;

/// <summary>
/// Issues and verifies JSON Web Tokens (RFC 7519) with HMAC-SHA256, the only supported algorithm. The signature is verified in constant time before the payload is
/// parsed. Only a known <c>kid</c> selects a key, so header fields that refer to other algorithms or keys have no effect. Thread-safe.
/// </summary>
internal sealed class Tokens(SigningKeys keys, TimeProvider time)
{
    private const string Issuer = "meetoperator";

    /// <summary>Maximum length of a token in characters. Longer tokens are rejected without parsing.</summary>
    private const int MaxLength = 2_048;

    /// <summary>Maximum clock difference between replicas.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 3, AllowDuplicateProperties = false };

    public string Issue(TokenKind kind, TokenSubject subject, TimeSpan lifetime)
    {
        var now = time.GetUtcNow();
        return Issue(kind, subject with { TokenId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), IssuedAt = now }, now + lifetime);
    }

    /// <summary>
    /// Issues a token with the given <see cref="TokenSubject.TokenId"/> and <see cref="TokenSubject.IssuedAt"/>. With the same key, the same arguments give an
    /// identical token.
    /// </summary>
    public string Issue(TokenKind kind, TokenSubject subject, DateTimeOffset expires)
    {
        var key = keys.Signing;
        var payload = new Dictionary<string, object?>
        {
            ["iss"] = Issuer,
            ["aud"] = Audience(kind),
            ["iat"] = subject.IssuedAt.ToUnixTimeSeconds(),
            ["exp"] = expires.ToUnixTimeSeconds(),
            ["jti"] = subject.TokenId,
            ["ten"] = subject.Tenant,
            ["mtg"] = subject.MeetingId,
        };
        if (subject.ParticipantId is not null)
        {
            payload["sub"] = subject.ParticipantId;
        }

        if (subject.MeetingUid is not null)
        {
            payload["uid"] = subject.MeetingUid;
        }

        if (subject.Region is not null)
        {
            payload["reg"] = subject.Region;
        }

        var signed = $"{Encode(new Dictionary<string, object?> { ["alg"] = "HS256", ["kid"] = key.Id, ["typ"] = "JWT" })}.{Encode(payload)}";
        return $"{signed}.{Signature(key, signed)}";
    }

    /// <summary>Returns false if the token is expired or was not signed by this installation for this purpose.</summary>
    public bool TryVerify(TokenKind kind, string? token, [NotNullWhen(true)] out TokenSubject? subject)
    {
        subject = null;
        if (token is null or { Length: > MaxLength } || token.Split('.') is not [var header, var payload, var signature])
        {
            return false;
        }

        try
        {
            return IsSigned(header, payload, signature) && TryRead(kind, payload, out subject);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Audience(TokenKind kind) => kind switch
    {
        TokenKind.Host => "meet-host",
        TokenKind.Ticket => "meet-ticket",
        _ => "meet-code",
    };

    private static string Encode(Dictionary<string, object?> fields) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(fields));

    /// <summary>Signatures are compared as text, so that only one of the possible base64url encodings is valid.</summary>
    private static string Signature(SigningKey key, string signed) => Base64Url.EncodeToString(HMACSHA256.HashData(key.Secret, Encoding.UTF8.GetBytes(signed)));

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Reads a NumericDate (RFC 7519): seconds since 1970. Accepts integers only.</summary>
    private static long? Seconds(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) ? seconds : null;

    private bool IsSigned(string header, string payload, string signature)
    {
        using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(header), Strict);
        if (json.RootElement.ValueKind != JsonValueKind.Object || Text(json.RootElement, "alg") != "HS256" || json.RootElement.TryGetProperty("crit", out _))
        {
            return false;
        }

        var kid = Text(json.RootElement, "kid");
        return keys.Current.FirstOrDefault(k => k.Id == kid) is { } key
            && CryptographicOperations.FixedTimeEquals(
                Encoding.ASCII.GetBytes(Signature(key, $"{header}.{payload}")), Encoding.UTF8.GetBytes(signature));
    }

    private bool TryRead(TokenKind kind, string payload, [NotNullWhen(true)] out TokenSubject? subject)
    {
        subject = null;
        using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(payload), Strict);
        var fields = json.RootElement;
        if (fields.ValueKind != JsonValueKind.Object
            || Text(fields, "iss") != Issuer
            || Text(fields, "aud") != Audience(kind)
            || Seconds(fields, "exp") is not { } expires || expires <= (time.GetUtcNow() - Skew).ToUnixTimeSeconds()
            || Seconds(fields, "iat") is not { } issued || issued > (time.GetUtcNow() + Skew).ToUnixTimeSeconds()
            || (fields.TryGetProperty("nbf", out _) && (Seconds(fields, "nbf") is not { } from || from > (time.GetUtcNow() + Skew).ToUnixTimeSeconds()))
            || Text(fields, "ten") is not { Length: > 0 } tenant
            || Text(fields, "mtg") is not { Length: > 0 } meeting
            || Text(fields, "jti") is not { Length: > 0 } id
            || (Text(fields, "sub") is null) != (kind == TokenKind.Host))
        {
            return false;
        }

        subject = new TokenSubject
        {
            Tenant = tenant,
            MeetingId = meeting,
            MeetingUid = Text(fields, "uid"),
            ParticipantId = Text(fields, "sub"),
            Region = Text(fields, "reg"),
            TokenId = id,
            IssuedAt = DateTimeOffset.FromUnixTimeSeconds(Math.Max(0, issued)),
        };
        return true;
    }
}
