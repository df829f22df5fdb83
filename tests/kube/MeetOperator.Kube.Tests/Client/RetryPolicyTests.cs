using System.Net;
using System.Net.Http.Headers;
using MeetOperator.Kube.Client.Http;

namespace MeetOperator.Kube.Tests.Client;

public sealed class RetryPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, 2, 0, 2)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 10, 4, 10)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 11, 0, null)]
    [InlineData(HttpStatusCode.TooManyRequests, 1, 5, null)]
    [InlineData(HttpStatusCode.TooManyRequests, null, 0, null)]
    [InlineData(HttpStatusCode.InternalServerError, 1, 0, null)]
    [InlineData(HttpStatusCode.Conflict, 1, 0, null)]
    public void NextDelay_CodeDelayAndCount_RetriesOnlyWithinLimits(HttpStatusCode code, int? retryAfter, int done, int? expected) =>
        Assert.Equal(
            expected is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            RetryPolicy.NextDelay(code, retryAfter is { } after ? TimeSpan.FromSeconds(after) : null, done));

    [Theory]
    [InlineData("7", 7.0)]
    [InlineData("Fri, 02 Jan 2026 03:04:15 GMT", 10.0)]
    [InlineData("Fri, 02 Jan 2026 03:00:00 GMT", 0.0)]
    public void ReadRetryAfter_SecondsOrDate_ReturnsDelay(string header, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryPolicy.ReadRetryAfter(RetryConditionHeaderValue.Parse(header), Now));

    [Fact]
    public void ReadRetryAfter_None_IsNull() => Assert.Null(RetryPolicy.ReadRetryAfter(null, Now));
}
