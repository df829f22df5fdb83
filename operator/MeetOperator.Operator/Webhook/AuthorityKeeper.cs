using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Webhook;

/// <summary>Creates and rotates the webhook's authority, and updates the caBundle of both configurations. Runs only in the leader.</summary>
internal sealed partial class AuthorityKeeper(KubeClient client, WebhookOptions options, string @namespace, TimeProvider time, ILogger<AuthorityKeeper> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private readonly WebhookBundles _bundles = new(client, options, @namespace);

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var pause = Interval;
            try
            {
                if (await AdvanceAsync(ct).ConfigureAwait(false))
                {
                    pause = Retry; // One step may enable the next one.
                }
            }
            catch (Exception failed) when (failed is KubeApiException or HttpRequestException or IOException or TimeoutException or System.Text.Json.JsonException && !ct.IsCancellationRequested)
            {
                LogFailed(options.AuthoritySecret, failed.Message);
                pause = Retry;
            }

            await Task.Delay(pause, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Checks the authority once and performs at most one step. Returns true when something was changed.</summary>
    internal async Task<bool> AdvanceAsync(CancellationToken ct)
    {
        var key = new NamespacedName(@namespace, options.AuthoritySecret);
        var now = time.GetUtcNow();
        var secret = await client.TryGetAsync<Secret>(key, ct).ConfigureAwait(false);
        var stored = Authorities.TryRead(secret);
        var bundles = await _bundles.ReadAsync(ct).ConfigureAwait(false);
        var wanted = AuthorityPlan.Advance(stored, WebhookBundles.TrustedByAll(bundles), now, () => Authority.Create(options.AuthoritySecret, now, AuthorityPlan.Lifetime));
        if (bundles.Any(bundle => bundle != wanted.Bundle))
        {
            // The bundle is written before the Secret, so that the authority is trusted before replicas use it.
            await _bundles.WriteAsync(wanted.Bundle, ct).ConfigureAwait(false);
            LogBundle(options.Configuration, wanted.Next is null ? 1 : 2);
        }

        if (ReferenceEquals(wanted, stored))
        {
            return false;
        }

        var next = wanted.ToSecret(key, secret);
        await (secret is null ? client.CreateAsync(next, ct) : client.ReplaceAsync(next, ct)).ConfigureAwait(false);
        LogStep(options.AuthoritySecret, wanted.Signing.Thumbprint, wanted.Signing.Expires, wanted.Next?.Thumbprint);
        return true;
    }

    [LoggerMessage(2301, LogLevel.Information, "Webhook authority {Secret}: {Signing} signs until {Expires}, next authority {Next}.")]
    private partial void LogStep(string secret, string signing, DateTimeOffset expires, string? next);

    [LoggerMessage(2302, LogLevel.Information, "Updated the caBundle of the webhook configurations {Configuration} with {Count} authorities.")]
    private partial void LogBundle(string configuration, int count);

    [LoggerMessage(2303, LogLevel.Warning, "Webhook authority {Secret} could not be read or written, will retry: {Reason}")]
    private partial void LogFailed(string secret, string reason);
}
