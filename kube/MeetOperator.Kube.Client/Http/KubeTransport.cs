using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Credentials;
using MeetOperator.Kube.Client.Errors;

namespace MeetOperator.Kube.Client.Http;

/// <summary>Sends requests with authorization and timeouts, retries if the server requests it, and throws <see cref="KubeApiException"/> on errors.</summary>
internal sealed class KubeTransport : IDisposable
{
    private readonly KubeConfig _config;
    private readonly CredentialSource _credentials;
    private readonly KubeClientOptions _options;
    private readonly TimeProvider _time;
    private readonly Uri _baseAddress;
    private readonly Version _version;
    private readonly string? _tlsServerName;
    private Connections _connections;
    private long _clockLead = long.MinValue;

    public KubeTransport(KubeConfig config, KubeClientOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _tlsServerName = config.TlsServerName;
        _config = config;
        _credentials = new CredentialSource(config, time);
        _baseAddress = config.Server.AbsoluteUri.EndsWith('/') ? config.Server : new Uri(config.Server.AbsoluteUri + "/");

        // Without TLS, HTTP/2 cannot be negotiated, and the server may not support it.
        _version = config.Server.Scheme == Uri.UriSchemeHttps && !options.UseHttp1 ? HttpVersion.Version20 : HttpVersion.Version11;
        _connections = Connections.Open(config, config.ClientCertificate);
    }

    /// <summary>
    /// How far the local clock is ahead of the server's, from the Date header of the last response (RFC 9110 §6.6.1: whole seconds); null before the
    /// first.
    /// </summary>
    public TimeSpan? ClockLead => Interlocked.Read(ref _clockLead) is var ticks && ticks == long.MinValue ? null : new TimeSpan(ticks);

    /// <summary>Sends a request and returns the successful response, whose body is not yet read. The caller disposes it.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">Path and query without a leading slash.</param>
    /// <param name="body">JSON body, or null.</param>
    /// <param name="contentType">Media type of <paramref name="body"/>.</param>
    /// <param name="ct">Cancels the request and its retries.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body, string contentType, CancellationToken ct)
    {
        if (method != HttpMethod.Get)
        {
            _options.BeforeWrite?.Invoke();
        }

        var canRenew = true;
        for (var retries = 0; ; retries++)
        {
            // Outside of the timeout: a program that provides credentials may ask the user to log in.
            var credential = await _credentials.GetAsync(ct).ConfigureAwait(false);
            using var timeout = new CancellationTokenSource(_options.RequestTimeout, _time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
            HttpResponseMessage? response = null;
            try
            {
                response = await ConnectionsFor(credential.Certificate).Http.SendAsync(CreateRequest(method, path, body, contentType, credential.Token), HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
                if (response.Headers.Date is { } date)
                {
                    Interlocked.Exchange(ref _clockLead, (_time.GetUtcNow() - date).Ticks);
                }

                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                if (response.StatusCode == HttpStatusCode.Unauthorized && canRenew && _credentials.Reject(credential))
                {
                    canRenew = false;
                    response.Dispose();
                    continue;
                }

                var retryAfter = RetryPolicy.ReadRetryAfter(response.Headers.RetryAfter, _time.GetUtcNow());
                if (RetryPolicy.NextDelay(response.StatusCode, retryAfter, retries) is not { } delay)
                {
                    throw await StatusReader.ReadAsync(response, retryAfter, timeout.Token, ct).ConfigureAwait(false);
                }

                response.Dispose();
                await Task.Delay(delay, _time, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !ct.IsCancellationRequested)
            {
                response?.Dispose();
                throw new TimeoutException($"{method} {path} at {_baseAddress} timed out: no response within {_options.RequestTimeout.TotalSeconds:0} s.", e);
            }
            catch
            {
                response?.Dispose();
                throw;
            }
        }
    }

    /// <summary>Sends a request and reads the whole body. The timeout applies to the body as well, because a server may stop in the middle.</summary>
    public async Task<byte[]> ReadAsync(HttpMethod method, string path, byte[]? body, string contentType, CancellationToken ct)
    {
        using var response = await SendAsync(method, path, body, contentType, ct).ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            return await response.Content.ReadAsByteArrayAsync(linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {path} at {_baseAddress} timed out: the response was incomplete after {_options.RequestTimeout.TotalSeconds:0} s.", e);
        }
    }

    public void Dispose()
    {
        _connections.Http.Dispose();
        _credentials.Dispose();
    }

    /// <summary>Connections with this client certificate. Requests that still use those with the previous one go on; these close when they are idle.</summary>
    private Connections ConnectionsFor(X509Certificate2? certificate)
    {
        while (true)
        {
            var current = Volatile.Read(ref _connections);
            if (current.Certificate == certificate)
            {
                return current;
            }

            var next = Connections.Open(_config, certificate);
            if (Interlocked.CompareExchange(ref _connections, next, current) == current)
            {
                return next;
            }

            next.Http.Dispose();
        }
    }

    private HttpRequestMessage CreateRequest(HttpMethod method, string path, byte[]? body, string contentType, string? token)
    {
        var request = new HttpRequestMessage(method, new Uri(_baseAddress, path))
        {
            Version = _version,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (_tlsServerName is not null)
        {
            // The handler uses this name for SNI and for certificate validation, and ignores the name in its TLS options.
            request.Headers.Host = _tlsServerName;
        }

        request.Headers.TryAddWithoutValidation("User-Agent", _options.UserAgent);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        return request;
    }

    /// <summary>The connections that present one client certificate, or none.</summary>
    private sealed record Connections(HttpClient Http, X509Certificate2? Certificate)
    {
        public static Connections Open(KubeConfig config, X509Certificate2? certificate) =>
            new(new HttpClient(ServerHandler.Create(config with { ClientCertificate = certificate })) { Timeout = Timeout.InfiniteTimeSpan }, certificate);
    }
}
