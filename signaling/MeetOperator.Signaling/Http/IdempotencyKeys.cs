using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>
/// Implements the header <c>Idempotency-Key</c> of <c>POST /meetings</c>: a caller that received no response repeats the request and gets the original response.
/// All requests with the same key create the same meeting, even if they run concurrently on different replicas: the meeting's ID is stored before the meeting is created.
/// </summary>
internal sealed class IdempotencyKeys(IIdempotencyRepository rows, Credentials credentials, TimeProvider time)
{
    public const string Header = "Idempotency-Key";

    private const int MaxLength = 255;
    private static readonly TimeSpan RetentionPeriod = TimeSpan.FromHours(24);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Stores the key, or finds the earlier request with the same key. Returns null if the request has no key.</summary>
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
        var claim = new IdempotencyRow
        {
            Tenant = tenant.Metadata.Name!,
            KeyHash = Hash(Encoding.UTF8.GetBytes($"{credentials.CallerOf(request)}\n{key}")),
            BodyHash = Hash(JsonSerializer.SerializeToUtf8Bytes(body, Json)),
            MeetingId = Guid.NewGuid().ToString("D"),
            TokenId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            ExpiresAt = (now + RetentionPeriod).ToUnixTimeMilliseconds(),
        };
        var stored = await rows.ClaimAsync(claim, now.ToUnixTimeMilliseconds(), ct).ConfigureAwait(false);
        return stored.BodyHash == claim.BodyHash
            ? stored
            : throw new ProblemException(ProblemCode.IdempotencyKeyReused, $"The {Header} was used before with a different body. Use a new key for a new request.");
    }

    public Task<IdempotencyRow> CompleteAsync(IdempotencyRow row, string? meetingUid, CancellationToken ct) =>
        rows.CompleteAsync(row, meetingUid, time.GetUtcNow().ToUnixTimeMilliseconds(), ct);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
