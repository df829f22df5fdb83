using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>Makes the exchanges of <c>net check</c> from the machine or Pod where it runs.</summary>
internal static class NetChecker
{
    /// <summary>The most exchanges that run at the same time.</summary>
    public const int MaxRunning = 32;

    public static async Task<NetFindings> RunAsync(IReadOnlyList<NetTarget> targets, TimeProvider time, CancellationToken ct)
    {
        using var gate = new SemaphoreSlim(MaxRunning);
        var results = await Task.WhenAll(targets.Select(async target =>
        {
            await gate.WaitAsync(ct).ConfigureAwait(false);
            try
            {
                return await BindingExchange.RunAsync(target.Server, target.Transport, target.Host, time, ct).ConfigureAwait(false);
            }
            finally
            {
                gate.Release();
            }
        })).ConfigureAwait(false);
        return new NetFindings(
            [.. targets.Zip(results, NetRules.Judge)],
            [.. results.Select(result => result.Mapped?.Address.ToString()).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }
}
