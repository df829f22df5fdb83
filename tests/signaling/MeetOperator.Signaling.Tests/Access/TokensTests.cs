using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Keys;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Access;

public sealed class TokensTests
{
    private static readonly TokenSubject Ann = new() { Tenant = "acme", MeetingId = "m1", ParticipantId = "p1" };
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);

    private readonly ManualTime _time = new();
    private readonly SigningKey _key = new(Secret);
    private readonly Tokens _tokens;

    public TokensTests() => _tokens = new Tokens(new SigningKeys([_key]), _time);

    [Fact]
    public void TryVerify_OwnToken_ReturnsSubject()
    {
        Assert.True(_tokens.TryVerify(TokenKind.Ticket, _tokens.Issue(TokenKind.Ticket, Ann, TimeSpan.FromMinutes(1)), out var subject));
        Assert.Equal((Ann.Tenant, Ann.MeetingId, Ann.ParticipantId), (subject.Tenant, subject.MeetingId, subject.ParticipantId));
        Assert.Equal(32, subject.TokenId.Length);
    }

    [Fact]
    public void Issue_Twice_ReturnsDifferentTokens() =>
        Assert.NotEqual(_tokens.Issue(TokenKind.Code, Ann, TimeSpan.FromMinutes(1)), _tokens.Issue(TokenKind.Code, Ann, TimeSpan.FromMinutes(1)));

    [Theory]
    [InlineData(TokenKind.Ticket, TokenKind.Code)]
    [InlineData(TokenKind.Code, TokenKind.Ticket)]
    [InlineData(TokenKind.Ticket, TokenKind.Host)]
    public void TryVerify_TokenOfOtherKind_ReturnsFalse(TokenKind issued, TokenKind asked) =>
        Assert.False(_tokens.TryVerify(asked, _tokens.Issue(issued, Ann, TimeSpan.FromMinutes(1)), out _));

    [Fact]
    public void TryVerify_ExpiredBeyondClockSkew_ReturnsFalse()
    {
        var token = _tokens.Issue(TokenKind.Ticket, Ann, TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(89));
        Assert.True(_tokens.TryVerify(TokenKind.Ticket, token, out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_tokens.TryVerify(TokenKind.Ticket, token, out _));
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(31, false)]
    public void TryVerify_IssuerClockAhead_AcceptsUpToThirtySeconds(int ahead, bool taken)
    {
        var elsewhere = new ManualTime();
        elsewhere.Advance(TimeSpan.FromSeconds(ahead));
        var token = new Tokens(new SigningKeys([_key]), elsewhere).Issue(TokenKind.Ticket, Ann, TimeSpan.FromMinutes(5));
        Assert.Equal(taken, _tokens.TryVerify(TokenKind.Ticket, token, out _));
    }

    [Fact]
    public void TryVerify_AfterKeyChange_AcceptsOldKeyUntilRemoved()
    {
        var old = _tokens.Issue(TokenKind.Host, Ann with { ParticipantId = null }, TimeSpan.FromHours(1));
        var next = new SigningKey(RandomNumberGenerator.GetBytes(32));
        var both = new Tokens(new SigningKeys([next, _key]), _time);
        Assert.True(both.TryVerify(TokenKind.Host, old, out _));
        Assert.False(_tokens.TryVerify(TokenKind.Host, both.Issue(TokenKind.Host, Ann with { ParticipantId = null }, TimeSpan.FromHours(1)), out _));
        Assert.False(new Tokens(new SigningKeys([next]), _time).TryVerify(TokenKind.Host, old, out _));
    }

    public static TheoryData<string, string, string> Forged => new()
    {
        { "alg none", """{"alg":"none","kid":"KID","typ":"JWT"}""", Payload() },
        { "alg None", """{"alg":"None","kid":"KID","typ":"JWT"}""", Payload() },
        { "alg HS512", """{"alg":"HS512","kid":"KID","typ":"JWT"}""", Payload() },
        { "alg RS256", """{"alg":"RS256","kid":"KID","typ":"JWT"}""", Payload() },
        { "alg lower case", """{"alg":"hs256","kid":"KID","typ":"JWT"}""", Payload() },
        { "no alg", """{"kid":"KID","typ":"JWT"}""", Payload() },
        { "alg twice", """{"alg":"HS256","alg":"none","kid":"KID"}""", Payload() },
        { "kid missing", """{"alg":"HS256"}""", Payload() },
        { "kid is a path", """{"alg":"HS256","kid":"../../etc/passwd"}""", Payload() },
        { "kid is a URL", """{"alg":"HS256","kid":"https://example.org/key"}""", Payload() },
        { "kid is a number", """{"alg":"HS256","kid":1}""", Payload() },
        { "crit", """{"alg":"HS256","kid":"KID","crit":["x"],"x":1}""", Payload() },
        { "header is a list", "[]", Payload() },
        { "header is not JSON", "x", Payload() },
        { "wrong issuer", """{"alg":"HS256","kid":"KID"}""", Payload(iss: "someone") },
        { "wrong audience", """{"alg":"HS256","kid":"KID"}""", Payload(aud: "other") },
        { "audience as a list", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("\"meet-ticket\"", "[\"meet-ticket\"]", StringComparison.Ordinal) },
        { "no expiry", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("exp", "xep", StringComparison.Ordinal) },
        { "expiry as text", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("9999999999", "\"9999999999\"", StringComparison.Ordinal) },
        { "expiry 1e308", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("9999999999", "1e308", StringComparison.Ordinal) },
        { "no time of issue", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("iat", "tai", StringComparison.Ordinal) },
        { "issued in the future", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("\"iat\":1", "\"iat\":9999999998", StringComparison.Ordinal) },
        { "issued as text", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("\"iat\":1", "\"iat\":\"1\"", StringComparison.Ordinal) },
        { "not yet valid", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("\"iat\":1", "\"iat\":1,\"nbf\":9999999998", StringComparison.Ordinal) },
        { "not before as text", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("\"iat\":1", "\"iat\":1,\"nbf\":\"1\"", StringComparison.Ordinal) },
        { "no tenant", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("ten", "net", StringComparison.Ordinal) },
        { "no meeting", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("mtg", "gtm", StringComparison.Ordinal) },
        { "no participant", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("sub", "bus", StringComparison.Ordinal) },
        { "participant twice", """{"alg":"HS256","kid":"KID"}""", Payload().Replace("{", "{\"sub\":\"p2\",", StringComparison.Ordinal) },
        { "payload is a list", """{"alg":"HS256","kid":"KID"}""", "[1]" },
    };

    [Theory]
    [MemberData(nameof(Forged))]
    public void TryVerify_ValidSignatureInvalidContent_ReturnsFalse(string what, string header, string payload)
    {
        Assert.False(_tokens.TryVerify(TokenKind.Ticket, Sign(header.Replace("KID", _key.Id, StringComparison.Ordinal), payload), out _), what);
    }

    [Fact]
    public void TryVerify_TokenSignedByTest_ReturnsTrue() =>
        Assert.True(_tokens.TryVerify(TokenKind.Ticket, Sign($$"""{"alg":"HS256","kid":"{{_key.Id}}"}""", Payload()), out _));

    [Fact]
    public void TryVerify_MalformedText_ReturnsFalse()
    {
        var good = _tokens.Issue(TokenKind.Ticket, Ann, TimeSpan.FromMinutes(1));
        var parts = good.Split('.');
        string?[] broken =
        [
            null, string.Empty, ".", "..", "...", "a.b.c", "a.b.c.d.e", good + "=", good + ".", good[..^1], $"{parts[0]}.{parts[1]}.", $"{parts[0]}.{parts[1]}", $".{parts[1]}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(new byte[32])}", new string('a', 5_000), "\u0000.\u0000.\u0000", "\ud800.\ud800.\ud800",
        ];
        Assert.All(broken, text => Assert.False(_tokens.TryVerify(TokenKind.Ticket, text, out _), text));
    }

    [Fact]
    public void TryVerify_AnyFlippedCharacter_ReturnsFalse()
    {
        var good = _tokens.Issue(TokenKind.Ticket, Ann, TimeSpan.FromMinutes(1));
        for (var i = 0; i < good.Length; i++)
        {
            var flipped = good.ToCharArray();
            flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
            Assert.False(_tokens.TryVerify(TokenKind.Ticket, new string(flipped), out _), $"position {i}");
        }
    }

    [Fact]
    public void SigningKey_TooShort_Throws() => Assert.Throws<ArgumentException>(() => new SigningKey(new byte[31]));

    private static string Payload(string iss = "meetoperator", string aud = "meet-ticket") =>
        $$"""{"iss":"{{iss}}","aud":"{{aud}}","iat":1,"exp":9999999999,"jti":"x","ten":"acme","mtg":"m1","sub":"p1"}""";

    private static string Sign(string header, string payload)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Secret, Encoding.ASCII.GetBytes(signed)))}";
    }
}
