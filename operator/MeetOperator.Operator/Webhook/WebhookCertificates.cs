using System.Net.Security;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Operator.Certificates;

namespace MeetOperator.Operator.Webhook;

/// <summary>The serving certificate of this replica. It is refreshed while the process runs, and its state is part of readiness.</summary>
/// <param name="source">The source of the certificate.</param>
/// <param name="bundles">The authorities that API servers trust; null when another component maintains the caBundle and this replica cannot read it.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The logger.</param>
internal sealed partial class WebhookCertificates(ICertificateSource source, WebhookBundles? bundles, TimeProvider time, ILogger<WebhookCertificates> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private volatile ServingCertificate? _current;
    private volatile string? _failure;
    private volatile bool _trusted = bundles is null;

    public ServingCertificate? Current => _current;

    /// <summary>
    /// The reason why this replica must not receive requests yet, or null. Readiness requires once that the API server trusts the certificate, so that a ready
    /// installation accepts objects. It is not checked again: taking replicas out of service would not repair a caBundle that breaks later.
    /// </summary>
    public string? Problem =>
        _current is not { } current ? $"the webhook has no serving certificate yet{(_failure is { } failure ? $": {failure}" : string.Empty)}"
        : current.Expires <= time.GetUtcNow() ? $"the webhook's certificate expired at {current.Expires:u}{(_failure is { } failed ? $": {failed}" : string.Empty)}"
        : _trusted ? null
        : "the caBundle of the webhook configurations does not include the authority of the serving certificate yet";

    /// <summary>Runs for every handshake, so that a new certificate is used without a restart.</summary>
    public ValueTask<SslServerAuthenticationOptions> HandshakeAsync() => _current is { } current
        ? ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = current.Context })
        : throw new InvalidOperationException("The webhook has no serving certificate yet.");

    /// <summary>Refreshes the certificate once and, until it first holds, checks whether the API server trusts it.</summary>
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
            _trusted = held.Count > 0 && held.All(bundle => WebhookBundles.HasAuthority(bundle, current.Certificate, current.Intermediates, time.GetUtcNow()));
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

            await Task.Delay(Problem is null ? Interval : RetryInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(2311, LogLevel.Information, "The webhook serves with {Subject} {Thumbprint}, issued by {Issuer}, until {Expires}.")]
    private partial void LogServing(string subject, string thumbprint, string issuer, DateTimeOffset expires);

    [LoggerMessage(2312, LogLevel.Warning, "The webhook's certificate could not be refreshed, keeping the current one: {Reason}")]
    private partial void LogFailed(string reason);
}
