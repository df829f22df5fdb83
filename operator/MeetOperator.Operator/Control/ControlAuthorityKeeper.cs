using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Webhook.Certificates;

namespace MeetOperator.Operator.Control;

/// <summary>
/// Makes and rotates the authority of NodeControl, by the plan that the webhook's has, and keeps signaling's certificate; only the leader does. A new authority signs once
/// every media node that answers and signaling's Secret hold it.
/// </summary>
internal sealed partial class ControlAuthorityKeeper(
    KubeClient client, ControlOptions options, string @namespace, ControlAuthority authority, TimeProvider time, ILogger<ControlAuthorityKeeper> logger)
{
    /// <summary>An annotation with this name on the authority's Secret asks for a rotation now.</summary>
    public const string RotateAnnotation = "meetoperator.io/rotate";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private Authorities? _last;

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var pause = Interval;
            try
            {
                if (await AdvanceAsync(ct).ConfigureAwait(false))
                {
                    pause = Retry; // A step leads to the next one.
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

    /// <summary>One look and, when due, one step; true when something was changed.</summary>
    internal async Task<bool> AdvanceAsync(CancellationToken ct)
    {
        var key = new NamespacedName(@namespace, options.AuthoritySecret);
        var now = time.GetUtcNow();
        var secret = await client.TryGetAsync<Secret>(key, ct).ConfigureAwait(false);
        var read = Authorities.TryRead(secret);

        // A Secret that somebody emptied or deleted is put back: media nodes trust what was in it.
        var stored = read ?? (_last?.Signing.Expires > now ? _last : null);
        var signaling = await client.TryGetAsync<Secret>(new NamespacedName(@namespace, options.SignalingSecret), ct).ConfigureAwait(false);
        var isAsked = secret?.Metadata.Annotations?.Remove(RotateAnnotation) == true;
        var wanted = AuthorityPlan.Advance(
            stored, TrustedByAll(stored, signaling), now, () => Authority.Create(options.AuthoritySecret, now, AuthorityPlan.Lifetime), isAsked);
        var changed = !ReferenceEquals(wanted, read) || isAsked;
        if (changed)
        {
            // Stored before it is used: what another leader reads is never older than what nodes were given.
            await WriteAsync(wanted.ToSecret(key, secret), secret is null, ct).ConfigureAwait(false);
            LogStep(options.AuthoritySecret, wanted.Signing.Thumbprint, wanted.Signing.Expires, wanted.Next?.Thumbprint);
        }

        _last = wanted;
        authority.Use(wanted);
        return await KeepSignalingAsync(signaling, ct).ConfigureAwait(false) || changed;
    }

    private string TrustedByAll(Authorities? stored, Secret? signaling) =>
        stored?.Next is { } next && authority.IsTrustedByNodes(next.Thumbprint) && ControlSecretText.TryRead(signaling, out var held) && held.Authorities.Contains(next.Thumbprint)
            ? stored.Bundle
            : string.Empty;

    private async Task<bool> KeepSignalingAsync(Secret? stored, CancellationToken ct)
    {
        if (ControlSecretText.TryRead(stored, out var held) && authority.Fits(CredentialReport.Of(held)))
        {
            return false;
        }

        var made = ControlSecretText.Build(new NamespacedName(@namespace, options.SignalingSecret), authority.IssueFor(ControlRole.Signaling), stored);
        await WriteAsync(made, stored is null, ct).ConfigureAwait(false);
        LogSignaling(options.SignalingSecret);
        return true;
    }

    private Task WriteAsync(Secret secret, bool isNew, CancellationToken ct) => isNew ? client.CreateAsync(secret, ct) : client.ReplaceAsync(secret, ct);

    [LoggerMessage(2321, LogLevel.Information, "Authority of NodeControl {Secret}: {Signing} signs until {Expires}, next {Next}.")]
    private partial void LogStep(string secret, string signing, DateTimeOffset expires, string? next);

    [LoggerMessage(2322, LogLevel.Information, "Signaling has a new certificate for media nodes in Secret {Secret}.")]
    private partial void LogSignaling(string secret);

    [LoggerMessage(2323, LogLevel.Warning, "Authority of NodeControl {Secret} could not be kept and is tried again; until it is there no media node is called: {Reason}")]
    private partial void LogFailed(string secret, string reason);
}
