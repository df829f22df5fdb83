using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Signaling.Keys;

namespace MeetOperator.Signaling.Access;

/// <summary>The last segment of a WHIP or WHEP <c>Location</c>: the media node's session ID, authenticated for one participant of one meeting.</summary>
internal sealed class MediaSessionSeal(SigningKeys keys)
{
    private const int MacBytes = 16;

    public string Seal(TokenSubject owner, string sessionId) =>
        $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(sessionId))}.{Base64Url.EncodeToString(Mac(keys.Signing, owner, sessionId))}";

    public bool TryOpen(TokenSubject owner, string text, [NotNullWhen(true)] out string? sessionId)
    {
        sessionId = null;
        if (text.Length > 512 || text.Split('.') is not [var id, var mac])
        {
            return false;
        }

        try
        {
            var session = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(id));
            var presented = Base64Url.DecodeFromChars(mac);
            sessionId = keys.Current.Any(k => CryptographicOperations.FixedTimeEquals(Mac(k, owner, session), presented)) ? session : null;
            return sessionId is not null;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static byte[] Mac(SigningKey key, TokenSubject owner, string sessionId) =>
        HMACSHA256.HashData(key.Secret, Encoding.UTF8.GetBytes($"media-session\n{owner.Tenant}\n{owner.MeetingId}\n{owner.ParticipantId}\n{sessionId}"))[..MacBytes];
}
