using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Security;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Control;

/// <summary>
/// Creates and rotates the NodeControl authority, with the same plan as the webhook's, and renews the certificates of signaling and Prometheus. Runs only in the leader. A new
/// authority signs only after every responding media node and signaling's Secret have it.
/// </summary>
internal sealed partial class ControlAuthorityKeeper(
    KubeClient client, ControlOptions options, string @namespace, ControlAuthority authority, TimeProvider time, ILogger<ControlAuthorityKeeper> logger)
{
    /// <summary>An annotation with this name on the authority's Secret requests an immediate rotation.</summary>
    public const string RotateAnnotation = "meetoperator.io/rotate";

    /// <summary>The delay between the distribution of a new authority and its first signature. Replicas of signaling read their Secret every 5 s.</summary>
    public static readonly TimeSpan TrustDelay = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a rotation waits for media nodes that do not accept the next authority. They may be compromised or have a wrong clock. After that, they lose
    /// their connection.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);

    /// <summary>If the local clock differs from the API server's by more than this, the local clock is not trusted.</summary>
    private static readonly TimeSpan MaxClockLead = TimeSpan.FromMinutes(30);
    private Authorities? _last;
    private string? _lastWarning;

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
        var read = Authorities.TryRead(secret);
        var stored = ChooseTrusted(read, now);
        var signaling = await client.TryGetAsync<Secret>(new NamespacedName(@namespace, options.SignalingSecret), ct).ConfigureAwait(false);
        if (stored is not null && client.ClockLead is { } lead && lead.Duration() > MaxClockLead)
        {
            // With a wrong clock, the operator would create an authority that is not valid elsewhere, or remove one that is in use.
            Warn($"the local clock is {Math.Abs(lead.TotalHours):0.0} h {(lead > TimeSpan.Zero ? "ahead of" : "behind")} the API server's, so no authority is created or removed: correct the clock of the cluster node that runs the operator");
            if (authority.Own is null)
            {
                authority.Use(stored);
            }

            return false;
        }

        var isRequested = secret?.Metadata.Annotations?.ContainsKey(RotateAnnotation) == true;
        var rotation = new Rotation { IsRequested = isRequested, IsFormerUsed = authority.IsFormerUsed, MaxWait = MaxWait, TrustDelay = TrustDelay };
        var wanted = AuthorityPlan.Advance(stored, TrustedByAll(stored, signaling), now, () => Authority.Create(options.AuthoritySecret, now, AuthorityPlan.Lifetime), rotation);
        var changed = !ReferenceEquals(wanted, read) || isRequested;
        if (changed)
        {
            // Stored before use, so that the Secret that a later leader reads is never older than what nodes were given.
            secret?.Metadata.Annotations?.Remove(RotateAnnotation);
            await WriteAsync(wanted.ToSecret(key, secret), secret is null, ct).ConfigureAwait(false);
            LogStep(options.AuthoritySecret, wanted.Signing.Thumbprint, wanted.Signing.Expires, wanted.Next?.Thumbprint);
        }

        _last = wanted;
        authority.Use(wanted);
        Warn(DescribeDelay(wanted, now));
        changed |= await RenewAsync(ControlRole.Signaling, options.SignalingSecret, signaling, ct).ConfigureAwait(false);
        var metrics = await client.TryGetAsync<Secret>(new NamespacedName(@namespace, options.MetricsSecret), ct).ConfigureAwait(false);
        return await RenewAsync(ControlRole.Metrics, options.MetricsSecret, metrics, ct).ConfigureAwait(false) || changed;
    }

    /// <summary>
    /// Returns the stored authority unless media nodes trust another one. A Secret that was emptied, deleted or restored from a backup is then replaced.
    /// </summary>
    private Authorities? ChooseTrusted(Authorities? read, DateTimeOffset now)
    {
        if (_last is not { } last || !last.Signing.IsValid(now))
        {
            return read;
        }

        if (read is null)
        {
            return last;
        }

        if (read.Contains(last.Signing) || last.Contains(read.Signing) || !authority.IsForeign(read.Signing.Thumbprint, last.Signing.Thumbprint))
        {
            return read;
        }

        LogForeign(options.AuthoritySecret, read.Signing.Thumbprint, last.Signing.Thumbprint);
        return last;
    }

    private string TrustedByAll(Authorities? stored, Secret? signaling) =>
        stored?.Next is { } next && authority.IsTrustedByNodes(next.Thumbprint) && ControlSecretText.TryRead(signaling, out var held) && held.Authorities.Contains(next.Thumbprint)
            ? stored.Bundle
            : string.Empty;

    /// <summary>Describes the media nodes that a rotation waits for; null when it waits for none or has just started.</summary>
    private string? DescribeDelay(Authorities authorities, DateTimeOffset now)
    {
        if (authorities.Next is not { } next || now - next.CreatedAt < TimeSpan.FromMinutes(1))
        {
            return null;
        }

        NamespacedName[] distrusting = [.. authority.FindDistrusting(next.Thumbprint).OrderBy(node => node.ToString(), StringComparer.Ordinal)];
        return distrusting.Length == 0 ? null
            : $"the rotation waits for {distrusting.Length} media nodes that do not accept new credentials, until {next.CreatedAt + MaxWait:u}: {string.Join(", ", distrusting.Take(5))}";
    }

    private void Warn(string? warning)
    {
        if (warning is not null && warning != _lastWarning)
        {
            LogRotationWarning(options.AuthoritySecret, warning);
        }

        _lastWarning = warning;
    }

    private async Task<bool> RenewAsync(ControlRole role, string name, Secret? stored, CancellationToken ct)
    {
        if (ControlSecretText.TryRead(stored, out var held) && authority.IsCurrent(held, role))
        {
            return false;
        }

        var issued = ControlSecretText.Build(new NamespacedName(@namespace, name), authority.IssueFor(role), stored);
        await WriteAsync(issued, stored is null, ct).ConfigureAwait(false);
        LogIssued(role, name);
        return true;
    }

    private Task WriteAsync(Secret secret, bool isNew, CancellationToken ct) => isNew ? client.CreateAsync(secret, ct) : client.ReplaceAsync(secret, ct);

    [LoggerMessage(2321, LogLevel.Information, "NodeControl authority {Secret}: {Signing} signs until {Expires}, next authority {Next}.")]
    private partial void LogStep(string secret, string signing, DateTimeOffset expires, string? next);

    [LoggerMessage(2322, LogLevel.Information, "Issued a new certificate for {Role} in Secret {Secret}.")]
    private partial void LogIssued(ControlRole role, string secret);

    [LoggerMessage(2323, LogLevel.Warning, "NodeControl authority {Secret} could not be read or written, will retry. Without it, the operator does not call media nodes: {Reason}")]
    private partial void LogFailed(string secret, string reason);

    [LoggerMessage(2324, LogLevel.Warning, "NodeControl authority {Secret}: {Warning}.")]
    private partial void LogRotationWarning(string secret, string warning);

    [LoggerMessage(2325, LogLevel.Error, "NodeControl authority {Secret} contained {Stored}, which most media nodes do not trust. Restoring {Known}.")]
    private partial void LogForeign(string secret, string stored, string known);
}
