using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Turn.Coturn;
using MeetOperator.Turn.Settings;

namespace MeetOperator.Turn.Probing;

/// <summary>Checks every few seconds whether the relay works for clients: an allocation with a credential made from the newest secret, which is ended at once.</summary>
internal sealed class AllocationProbe(TurnOptions options, AppliedState state, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);
    private const int AllocationMismatch = 437;
    private volatile string? _problem = "coturn has not been checked yet";

    /// <summary>Why the relay does not work; null while it does.</summary>
    public string? Problem => _problem;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                _problem = await FindProblemAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception failed) when (failed is SocketException or IOException)
            {
                _problem = $"coturn cannot be reached: {failed.Message}";
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(_problem is null ? Interval : RetryInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string?> FindProblemAsync(CancellationToken ct)
    {
        if (state.Current?.Secrets is not [.., var secret])
        {
            return "the operator has not sent secrets yet";
        }

        var username = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow().ToUnixTimeSeconds() + 30}:{CoturnLog.ProbeName}");
        using var client = await TurnClient.ConnectAsync(new IPEndPoint(options.ListenAddresses[0], options.Port), username, Password(secret, username), isTcp: !options.Udp, realm: null, ct).ConfigureAwait(false);
        var result = await client.AllocateAsync(ct).ConfigureAwait(false);
        if (result == AllocationMismatch)
        {
            return _problem; // The system gave the socket the port of an earlier one, which coturn remembers for some seconds.
        }

        if (result != 0)
        {
            return result == TurnClient.NoResponse ? "coturn does not respond" : $"coturn refuses an allocation with error {result}";
        }

        await client.RefreshAsync(0, ct).ConfigureAwait(false);
        return null;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350:Do not use weak cryptographic algorithms", Justification = "coturn computes the password with HMAC-SHA1.")]
    private static string Password(string secret, string username) => Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username)));
}
