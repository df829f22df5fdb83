using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>Checks one URL of a relay as a browser uses it: with an allocation, and a packet to a media node and back. The allocation is ended at once.</summary>
/// <param name="pool">The pool, as <c>namespace/name</c>.</param>
/// <param name="credential">The credential; null checks only what needs none.</param>
/// <param name="noCredential">Why there is none, and what to do.</param>
/// <param name="peers">Media nodes, the likeliest first.</param>
/// <param name="given">The address to use for names; null for those in DNS.</param>
/// <param name="authorities">The only authorities whose certificates count; null for those that the machine trusts.</param>
/// <param name="time">The clock.</param>
internal sealed class TurnChecker(
    string pool, RelayCredential? credential, string? noCredential, IReadOnlyList<TurnPeerNode> peers, IPAddress? given, X509Certificate2Collection? authorities, TimeProvider time)
{
    private const byte Udp = 17;
    private const byte InternetV6 = 2;

    /// <summary>A socket may get the port of an earlier one, whose allocation the relay remembers for some seconds.</summary>
    private const int MaxAttempts = 5;
    private const int MaxAddresses = 8;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Checks a URL at each of its addresses.</summary>
    public async Task<IReadOnlyList<TurnCheck>> RunAsync(string text, CancellationToken ct)
    {
        if (TurnUrl.Parse(text) is not { } url)
        {
            return [];
        }

        var addresses = (url.Address ?? given) is { } only ? [only] : await ResolveAsync(url.Host, ct).ConfigureAwait(false);
        if (addresses.Length == 0)
        {
            return [Failed(new TurnCheck { Pool = pool, Url = text, Step = TurnStep.Resolve, Message = string.Empty }, url, TurnStep.Resolve)];
        }

        var checks = new List<TurnCheck>();
        foreach (var address in addresses.Take(MaxAddresses))
        {
            checks.Add(await CheckAsync(text, url, new IPEndPoint(address, url.Port), ct).ConfigureAwait(false));
        }

        return checks;
    }

    private static TurnCheck Failed(TurnCheck check, TurnUrl url, TurnStep step, int code = 0, string? detail = null)
    {
        var (message, fix) = TurnRules.Failed(step, url, code, detail);
        return check with { Step = step, Message = message, Fix = fix };
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, ct).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    /// <summary>The rules for certificates with authorities of one's own; null for those of the machine.</summary>
    private static X509ChainPolicy? PolicyOf(X509Certificate2Collection? authorities)
    {
        if (authorities is null)
        {
            return null;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private async Task<TurnCheck> CheckAsync(string text, TurnUrl url, IPEndPoint server, CancellationToken ct)
    {
        var check = new TurnCheck { Pool = pool, Url = text, Address = server.ToString(), Step = TurnStep.Connect, Message = string.Empty };
        for (var attempt = 1; ; attempt++)
        {
            var certificate = new SeenCertificate();
            var began = time.GetTimestamp();
            try
            {
                using var client = await ConnectAsync(url, server, certificate, ct).ConfigureAwait(false);
                var connected = check with { ConnectMs = url.Transport == StunTransport.Udp ? null : Ms(began), CertificateUntil = certificate.Until };
                if (certificate.Objection(url.Host, time.GetUtcNow()) is { } objection)
                {
                    return Failed(connected, url, TurnStep.Tls, detail: objection);
                }

                var (done, code) = await UseAsync(connected, url, client, ct).ConfigureAwait(false);
                if (code != TurnRules.Mismatch || attempt == MaxAttempts)
                {
                    return done;
                }
            }
            catch (AuthenticationException failed)
            {
                return Failed(check, url, TurnStep.Tls, detail: failed.Message);
            }
            catch (Exception failed) when (failed is SocketException or IOException)
            {
                return Failed(check, url, TurnStep.Connect, detail: failed.Message);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return Failed(check, url, TurnStep.Connect, detail: "no answer");
            }
        }
    }

    private async Task<TurnClient> ConnectAsync(TurnUrl url, IPEndPoint server, SeenCertificate certificate, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(ConnectTimeout, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var tls = url.Transport == StunTransport.Tls
            ? new SslClientAuthenticationOptions { TargetHost = url.Host, RemoteCertificateValidationCallback = certificate.Accept, CertificateChainPolicy = PolicyOf(authorities) }
            : null;
        var (username, password) = credential ?? RelayCredential.None;
        return await TurnClient.ConnectAsync(server, username, password, isTcp: url.Transport != StunTransport.Udp, realm: null, bounded.Token, tls).ConfigureAwait(false);
    }

    /// <summary>The steps after the connection. Returns the error code of the allocation too.</summary>
    private async Task<(TurnCheck Check, int Code)> UseAsync(TurnCheck check, TurnUrl url, TurnClient client, CancellationToken ct)
    {
        if (credential is null)
        {
            var challenge = await client.SendAsync(StunMessage.Request(StunMethod.Allocate).Add(StunAttribute.RequestedTransport, [Udp, 0, 0, 0]), isSigned: false, ct).ConfigureAwait(false);
            return (challenge == TurnRules.Unauthorized ? Failed(check, url, TurnStep.Credential, detail: noCredential) : Failed(check, url, TurnStep.Answer, challenge), 0);
        }

        var family = peers.Count > 0 && peers.All(peer => peer.Endpoint.AddressFamily == AddressFamily.InterNetworkV6) ? InternetV6 : (byte?)null;
        var began = time.GetTimestamp();
        var code = await client.AllocateAsync(ct, family: family).ConfigureAwait(false);
        if (code != 0)
        {
            return (Failed(check, url, code == TurnClient.NoResponse ? TurnStep.Answer : TurnStep.Allocate, code), code);
        }

        check = check with { AllocateMs = Ms(began) };
        try
        {
            return (await RelayAsync(check, url, client, ct).ConfigureAwait(false), 0);
        }
        finally
        {
            await client.RefreshAsync(0, ct).ConfigureAwait(false); // ends the allocation
        }
    }

    private async Task<TurnCheck> RelayAsync(TurnCheck check, TurnUrl url, TurnClient client, CancellationToken ct)
    {
        if (peers.Count == 0)
        {
            return check with { Step = TurnStep.Done, Message = "allocates; no media node answers requests to test the way to it" };
        }

        var refused = check;
        TurnCheck? silent = null;
        foreach (var peer in peers)
        {
            var tried = check with { MediaNode = peer.Name };
            var code = await client.PermitAsync(peer.Endpoint, ct).ConfigureAwait(false);
            if (code != 0)
            {
                refused = Failed(tried, url, TurnStep.Permit, code);
                continue;
            }

            var began = time.GetTimestamp();
            if (await client.PingPeerAsync(peer.Endpoint, ct).ConfigureAwait(false))
            {
                return tried with { Step = TurnStep.Done, RelayMs = Ms(began), Message = $"relays to media node {peer.Name}" };
            }

            silent ??= Failed(tried, url, TurnStep.Relay);
        }

        return silent ?? refused;
    }

    private double Ms(long since) => Math.Round(time.GetElapsedTime(since).TotalMilliseconds, 1);

    /// <summary>The certificate of a handshake, which is judged afterwards.</summary>
    private sealed class SeenCertificate
    {
        private SslPolicyErrors _errors;
        private string? _subject;

        public DateTimeOffset? Until { get; private set; }

        public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            _errors = errors;
            if (certificate is X509Certificate2 seen)
            {
                (_subject, Until) = (seen.Subject, seen.NotAfter.ToUniversalTime());
            }

            return true;
        }

        public string? Objection(string host, DateTimeOffset now) => TurnRules.Objection(_errors, host, _subject, Until, now);
    }
}
