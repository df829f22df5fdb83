using MeetOperator.Kube.Client.Config;

namespace MeetOperator.Kube.Client.Credentials;

/// <summary>
/// Provides the credential for each request. One from a program is kept in memory until it expires or the server rejects it; requests that need a new one at the same time share
/// one run of the program. Thread-safe.
/// </summary>
internal sealed class CredentialSource(KubeConfig config, TimeProvider time) : IDisposable
{
    /// <summary>A credential is renewed this long before it expires, so that it does not expire on the way to the server.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly BearerToken _token = new(config.Token, config.TokenFile);
    private readonly SemaphoreSlim _renewal = new(1, 1);
    private volatile ClientCredential? _cached;

    /// <exception cref="CredentialException">The program has failed.</exception>
    public ValueTask<ClientCredential> GetAsync(CancellationToken ct) =>
        config.Exec is not { } exec ? new(new ClientCredential(_token.Current(), config.ClientCertificate))
        : FindCached() is { } cached ? new(cached)
        : new(RenewAsync(exec, ct));

    /// <summary>The server has rejected the credential. Returns whether another one can be tried.</summary>
    public bool Reject(ClientCredential rejected)
    {
        if (config.Exec is null)
        {
            return false;
        }

        Interlocked.CompareExchange(ref _cached, null, rejected);
        return true;
    }

    public void Dispose() => _renewal.Dispose();

    private ClientCredential? FindCached() => _cached is { } cached && (cached.ExpiresAt is not { } end || time.GetUtcNow() + Margin < end) ? cached : null;

    private async Task<ClientCredential> RenewAsync(ExecConfig exec, CancellationToken ct)
    {
        await _renewal.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            return FindCached() ?? (_cached = await ExecPlugin.RunAsync(exec, time, ct).ConfigureAwait(false));
        }
        finally
        {
            _renewal.Release();
        }
    }
}
