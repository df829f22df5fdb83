using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Stun;
using MeetOperator.Turn.Coturn;
using MeetOperator.Turn.Settings;

namespace MeetOperator.Turn.Probing;

/// <summary>Checks every few seconds whether the relay works for clients: an allocation with a credential made from the newest secret, which is ended at once.</summary>
internal sealed class AllocationProbe(TurnOptions options, AppliedState state, RelaySockets sockets, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>coturn starts within this time. People whose relay was replaced wait for it.</summary>
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StartRetryInterval = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan EndInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);
    private const int AllocationMismatch = 437;
    private const int QuotaReached = 486;

    /// <summary>How the user name of the probe ends.</summary>
    private const string Name = "probe";
    private volatile string? _problem = "the operator has not sent secrets yet";
    private volatile bool _isFull;
    private int _steps;

    /// <summary>Why the relay does not work; null while it does.</summary>
    public string? Problem => _problem;

    /// <summary>Whether the relay works but has no allocation left. Allocations that exist are not affected.</summary>
    public bool IsFull => _isFull;

    /// <summary>Grows with each beginning and each end of a check. Odd while one runs, and has an allocation of its own.</summary>
    public int Steps => Volatile.Read(ref _steps);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await state.First.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // coturn starts then
        var since = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            Interlocked.Increment(ref _steps);
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
            finally
            {
                Interlocked.Increment(ref _steps);
            }

            var retry = time.GetElapsedTime(since) < StartTime ? StartRetryInterval : RetryInterval;
            await Task.Delay(_problem is null ? Interval : retry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string?> FindProblemAsync(CancellationToken ct)
    {
        var secret = state.Current!.Secrets[^1];
        var username = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow().ToUnixTimeSeconds() + 30}:{Name}");
        using var client = await TurnClient.ConnectAsync(new IPEndPoint(options.ListenAddresses[0], options.Port), username, Password(secret, username), isTcp: !options.Udp, realm: null, ct).ConfigureAwait(false);
        var result = await client.AllocateAsync(ct).ConfigureAwait(false);
        if (result == AllocationMismatch)
        {
            return _problem; // The system gave the socket the port of an earlier one, which coturn remembers for some seconds.
        }

        _isFull = result == QuotaReached;
        if (_isFull)
        {
            return null; // All others get the same response, and those who have an allocation need the relay.
        }

        if (result != 0)
        {
            return result == TurnClient.NoResponse ? "coturn does not respond" : $"coturn refuses an allocation with error {result}";
        }

        _problem = null; // The end of the allocation takes up to a second, and says nothing about clients.
        var port = client.RelayedPort;
        await client.RefreshAsync(0, ct).ConfigureAwait(false);
        await WaitForEndAsync(port, ct).ConfigureAwait(false);
        return null;
    }

    /// <summary>coturn closes the socket of an allocation up to a second after it ended. Until then it would count as one of a client.</summary>
    private async Task WaitForEndAsync(int port, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        while (sockets.Ports().Contains(port) && time.GetElapsedTime(began) < EndTimeout)
        {
            await Task.Delay(EndInterval, time, ct).ConfigureAwait(false);
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350:Do not use weak cryptographic algorithms", Justification = "coturn computes the password with HMAC-SHA1.")]
    private static string Password(string secret, string username) => Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username)));
}
