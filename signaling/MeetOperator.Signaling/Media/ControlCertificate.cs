using System.Text;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Security;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The client certificate for calls to media nodes, and the certificate authorities that this server trusts. Read periodically from the Secret that the operator
/// writes. The last valid certificate stays in use if the API server is unavailable or the Secret is invalid.
/// </summary>
internal sealed partial class ControlCertificate(KubeClient kube, SignalingOptions options, TimeProvider time, ILogger<ControlCertificate> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);
    private volatile ControlCredentials? _current;
    private string? _loadedVersion;
    private string? _reportedFailure;

    /// <summary>The current credentials; null until they are read for the first time.</summary>
    public ControlCredentials? Current => _current;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Load(await kube.TryGetAsync<Secret>(new NamespacedName(options.Namespace, options.ControlSecret), stoppingToken).ConfigureAwait(false));
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                ReportFailure(e.Message); // Catch everything, because all calls to media nodes depend on this loop.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(_current is null ? RetryInterval : Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Load(Secret? secret)
    {
        if (secret?.Metadata.ResourceVersion is not { } version || version == _loadedVersion)
        {
            return;
        }

        if (ControlCredentials.TryRead(Text(secret, "tls.crt"), Text(secret, "tls.key"), Text(secret, "ca.crt"), out var read, out var rejection))
        {
            (_current, _loadedVersion, _reportedFailure) = (read, version, null);
            LogLoaded(logger, options.ControlSecret, read.Certificate.Issuer, read.ValidUntil);
        }
        else
        {
            ReportFailure($"its content is missing or invalid ({rejection})");
        }
    }

    private void ReportFailure(string reason)
    {
        if (_reportedFailure != reason)
        {
            _reportedFailure = reason;
            LogLoadFailed(logger, options.ControlSecret, reason);
        }
    }

    private static string? Text(Secret secret, string key) => secret.GetBytes(key) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    [LoggerMessage(3011, LogLevel.Information, "Loaded the client certificate for media nodes from Secret {Secret}, issued by {Issuer}, valid until {Until}.")]
    private static partial void LogLoaded(ILogger logger, string secret, string issuer, DateTimeOffset until);

    [LoggerMessage(3012, LogLevel.Warning, "Failed to load the client certificate for media nodes from Secret {Secret}: {Reason}")]
    private static partial void LogLoadFailed(ILogger logger, string secret, string reason);
}
