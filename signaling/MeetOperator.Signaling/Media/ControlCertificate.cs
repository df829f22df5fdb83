using System.Text;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.NodeControl;

namespace MeetOperator.Signaling;

/// <summary>
/// The certificate with which this server calls media nodes, and the authorities that it trusts: read from the Secret that the operator keeps, and followed while the
/// server runs. The last good one is kept through whatever the API server does.
/// </summary>
public sealed partial class ControlCertificate(KubeClient kube, SignalingOptions options, TimeProvider time, ILogger<ControlCertificate> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(500);
    private volatile ControlCredentials? current;
    private string? origin;
    private string? complaint;

    /// <summary>Null until it was read once.</summary>
    public ControlCredentials? Current => current;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Take(await kube.TryGetAsync<Secret>(new NamespacedName(options.Namespace, options.ControlSecret), stoppingToken).ConfigureAwait(false));
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Complain(e.Message); // Whatever it is: everybody's calls depend on this loop.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(current is null ? Soon : Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(Secret? secret)
    {
        if (secret?.Metadata.ResourceVersion is not { } version || version == origin)
        {
            return;
        }

        if (ControlCredentials.TryRead(Text(secret, "tls.crt"), Text(secret, "tls.key"), Text(secret, "ca.crt"), out var read, out var problem))
        {
            (current, origin, complaint) = (read, version, null);
            LogTaken(logger, options.ControlSecret, read.Certificate.Issuer, read.Until);
        }
        else
        {
            Complain($"the operator has not filled it yet ({problem})");
        }
    }

    private void Complain(string reason)
    {
        if (complaint != reason)
        {
            complaint = reason;
            LogUnreadable(logger, options.ControlSecret, reason);
        }
    }

    private static string? Text(Secret secret, string key) => secret.GetBytes(key) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    [LoggerMessage(3011, LogLevel.Information, "Media nodes are called with the certificate of Secret {Secret}, issued by {Issuer}, until {Until}.")]
    private static partial void LogTaken(ILogger logger, string secret, string issuer, DateTimeOffset until);

    [LoggerMessage(3012, LogLevel.Warning, "The certificate for media nodes in Secret {Secret} cannot be read: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string secret, string reason);
}
