using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MeetOperator.Contracts;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>
/// The header <c>Idempotency-Key</c> of <c>POST /meetings</c>: a caller who got no answer sends the request again and gets the answer of before. Requests
/// with one key make the same meeting, whichever instances they reach and however many at once, because its id stands before it is made.
/// </summary>
public sealed class IdempotencyKeys(IIdempotencyRepository rows, Credentials credentials, TimeProvider time)
{
    public const string Header = "Idempotency-Key";

    private const int MaxLength = 255;
    private static readonly TimeSpan KeepFor = TimeSpan.FromHours(24);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Null without the header.</summary>
    public async Task<IdempotencyRow?> ClaimAsync(HttpRequest request, Tenant tenant, CreateMeetingRequest body, CancellationToken ct)
    {
        var header = request.Headers[Header];
        if (header.Count == 0)
        {
            return null;
        }

        if (header is not [{ Length: > 0 and <= MaxLength } key] || !key.All(c => c is >= ' ' and <= '~'))
        {
            throw ProblemException.Invalid(Header, $"must be one header of 1 to {MaxLength} printable ASCII characters.");
        }

        var now = time.GetUtcNow();
        var asked = new IdempotencyRow
        {
            Tenant = tenant.Metadata.Name!,
            KeyHash = Hash(Encoding.UTF8.GetBytes($"{credentials.CallerOf(request)}\n{key}")),
            BodyHash = Hash(JsonSerializer.SerializeToUtf8Bytes(body, Json)),
            MeetingId = Guid.NewGuid().ToString("D"),
            TokenId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            ExpiresAt = (now + KeepFor).ToUnixTimeMilliseconds(),
        };
        var known = await rows.ClaimAsync(asked, now.ToUnixTimeMilliseconds(), ct).ConfigureAwait(false);
        return known.BodyHash == asked.BodyHash
            ? known
            : throw new ProblemException(ProblemCode.IdempotencyKeyReused, $"The same {Header} came with another body before: send a new key with a new request.");
    }

    public Task<IdempotencyRow> CompleteAsync(IdempotencyRow row, string? meetingUid, CancellationToken ct) =>
        rows.CompleteAsync(row, meetingUid, time.GetUtcNow().ToUnixTimeMilliseconds(), ct);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
