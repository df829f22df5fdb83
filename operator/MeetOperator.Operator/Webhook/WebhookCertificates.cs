using System.Net.Security;
using MeetOperator.Kube.Client;
using MeetOperator.Operator.Webhook.Certificates;

namespace MeetOperator.Operator.Webhook;

/// <summary>The certificate that this replica serves with: kept fresh while the process runs, and judged for readiness.</summary>
/// <param name="source">Gives the certificate.</param>
/// <param name="bundles">What API servers trust; null where somebody else keeps it, and where this replica may not even look.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Says what is served.</param>
internal sealed partial class WebhookCertificates(ICertificateSource source, WebhookBundles? bundles, TimeProvider time, ILogger<WebhookCertificates> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private volatile ServingCertificate? _current;
    private volatile string? _failure;
    private volatile bool _trusted = bundles is null;

    public ServingCertificate? Current => _current;

    /// <summary>
    /// Why this replica should not be asked yet; null when it may. That the API server trusts the certificate is awaited once, after a start, so that an installation
    /// which says that it is ready takes objects. It is not judged again: a caBundle that somebody breaks later would be broken with fewer replicas as well.
    /// </summary>
    public string? Problem =>
        _current is not { } current ? $"the webhook has no certificate yet{(_failure is { } failure ? $": {failure}" : string.Empty)}"
        : current.Expires <= time.GetUtcNow() ? $"the webhook's certificate expired at {current.Expires:u}{(_failure is { } failed ? $": {failed}" : string.Empty)}"
        : _trusted ? null
        : "the caBundle of the webhook configurations does not trust the webhook's certificate yet";

    /// <summary>For every handshake anew, so that a new certificate is used without a restart.</summary>
    public ValueTask<SslServerAuthenticationOptions> HandshakeAsync() => _current is { } current
        ? ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = current.Context })
        : throw new InvalidOperationException("There is no serving certificate yet.");

    /// <summary>One look at the source and, until it was seen once, at whether the API server trusts what it gave.</summary>
    internal async Task RefreshAsync(CancellationToken ct)
    {
        var before = _current;
        var current = await source.RefreshAsync(before, ct).ConfigureAwait(false);
        _current = current;
        _failure = null;
        if (current is not null && !ReferenceEquals(before, current))
        {
            LogServing(current.Certificate.Subject, current.Certificate.Thumbprint, current.Certificate.Issuer, current.Expires);
        }

        if (current is not null && !_trusted && bundles is not null)
        {
            var held = await bundles.ReadAsync(ct).ConfigureAwait(false);
            _trusted = held.Count > 0 && held.All(bundle => WebhookBundles.Trusts(bundle, current.Certificate, current.Intermediates, time.GetUtcNow()));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception failed) when (failed is KubeApiException or HttpRequestException or IOException or UnauthorizedAccessException or TimeoutException or System.Text.Json.JsonException)
            {
                if (_failure != failed.Message)
                {
                    LogFailed(failed.Message);
                }

                _failure = failed.Message;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Problem is null ? Interval : Soon, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(2311, LogLevel.Information, "The webhook serves with {Subject} {Thumbprint}, issued by {Issuer}, until {Expires}.")]
    private partial void LogServing(string subject, string thumbprint, string issuer, DateTimeOffset expires);

    [LoggerMessage(2312, LogLevel.Warning, "The webhook's certificate could not be refreshed, the present one is kept: {Reason}")]
    private partial void LogFailed(string reason);
}
