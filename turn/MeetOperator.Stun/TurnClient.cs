using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace MeetOperator.Stun;

/// <summary>
/// A client of a relay, for one allocation: over UDP or TCP. Each request returns the error code of the response, 0 for success, or <see cref="NoResponse"/>. A response counts only with the
/// transaction ID of its request. Not thread-safe.
/// </summary>
public sealed class TurnClient : IDisposable
{
    public const int NoResponse = -1;
    private const byte Udp = 17;
    private const int StunHeader = 20;

    /// <summary>Messages that are not the awaited one, after which a request counts as not answered.</summary>
    private const int MaxOthers = 64;

    /// <summary>When a request over UDP is sent again (RFC 8489 §6.2.1).</summary>
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(500);
    private readonly Socket _socket;

    /// <summary>The bytes of a TCP connection, inside TLS if it has that; null over UDP.</summary>
    private readonly Stream? _stream;
    private readonly string _username;
    private readonly string _password;
    private string? _realm;
    private byte[] _nonce = [];

    private TurnClient(Socket socket, Stream? stream, string username, string password, string? realm)
    {
        _socket = socket;
        _stream = stream;
        _username = username;
        _password = password;
        _realm = realm;
    }

    /// <summary>The attributes of the last response.</summary>
    public IReadOnlyDictionary<StunAttribute, byte[]> Last { get; private set; } = new Dictionary<StunAttribute, byte[]>();

    /// <summary>The port of the relayed address in the last response; 0 without one.</summary>
    public int RelayedPort => Last.TryGetValue(StunAttribute.XorRelayedAddress, out var value) && value.Length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(2)) ^ 0x2112 : 0;

    /// <summary>The length of the last response.</summary>
    public int LastLength { get; private set; }

    /// <summary>How long to wait for a response.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <param name="server">The relay.</param>
    /// <param name="username">User name of the credential.</param>
    /// <param name="password">Password of the credential.</param>
    /// <param name="isTcp">Whether to reach the relay over TCP.</param>
    /// <param name="realm">The realm to use; null for that of the relay.</param>
    /// <param name="ct">Cancels the connection.</param>
    /// <param name="tls">Settings for TLS over TCP; null for none.</param>
    public static async Task<TurnClient> ConnectAsync(
        IPEndPoint server, string username, string password, bool isTcp, string? realm, CancellationToken ct, SslClientAuthenticationOptions? tls = null)
    {
        var socket = isTcp ? new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) : new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            await socket.ConnectAsync(server, ct).ConfigureAwait(false);
            return new TurnClient(socket, isTcp ? await OpenAsync(socket, tls, ct).ConfigureAwait(false) : null, username, password, realm);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Requests an allocation, as browsers do: once without a credential for the nonce, and once with it.</summary>
    public async Task<int> AllocateAsync(CancellationToken ct, byte transport = Udp, byte? family = null)
    {
        var first = await SendAsync(Allocation(transport, family), isSigned: false, ct).ConfigureAwait(false);
        if (first != 401 || !Last.TryGetValue(StunAttribute.Nonce, out var nonce) || !Last.TryGetValue(StunAttribute.Realm, out var realm))
        {
            return first;
        }

        _nonce = nonce;
        _realm ??= Encoding.UTF8.GetString(realm);
        return await SendAsync(Allocation(transport, family), isSigned: true, ct).ConfigureAwait(false);
    }

    public Task<int> RefreshAsync(uint seconds, CancellationToken ct)
    {
        var lifetime = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(lifetime, seconds);
        return SendAsync(StunMessage.Request(StunMethod.Refresh).Add(StunAttribute.Lifetime, lifetime), isSigned: true, ct);
    }

    public async Task<int> SendAsync(StunMessage request, bool isSigned, CancellationToken ct)
    {
        if (isSigned)
        {
            request.Add(StunAttribute.Username, _username).Add(StunAttribute.Realm, _realm ?? string.Empty).Add(StunAttribute.Nonce, _nonce);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Timeout);
        try
        {
            var response = await RequestAsync(request, isSigned ? request.Sign(_username, _realm ?? string.Empty, _password) : request.Write(), limit.Token).ConfigureAwait(false);
            LastLength = response.Length;
            if (!StunMessage.TryRead(response, out var isSuccess, out var error, out var attributes))
            {
                return NoResponse;
            }

            Last = attributes;
            return isSuccess ? 0 : error;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return NoResponse;
        }
        catch (Exception lost) when (lost is SocketException or IOException)
        {
            return NoResponse;
        }
    }

    /// <summary>Asks the relay to forward what a peer sends (CreatePermission). 403 means that the relay forwards nothing to or from this address.</summary>
    public Task<int> PermitAsync(IPEndPoint peer, CancellationToken ct) => SendAsync(StunMessage.Request(StunMethod.CreatePermission).WithPeer(peer), isSigned: true, ct);

    /// <summary>Sends data to a peer. There is no response.</summary>
    public async Task SendDataAsync(IPEndPoint peer, ReadOnlyMemory<byte> data, CancellationToken ct) =>
        await WriteAsync(StunMessage.Request(StunMethod.Send).WithPeer(peer).Add(StunAttribute.Data, data.Span).Write(), ct).ConfigureAwait(false);

    /// <summary>Sends a binding request to a peer through the relay, and waits for its response. Returns whether it arrived within <see cref="Timeout"/>.</summary>
    public async Task<bool> PingPeerAsync(IPEndPoint peer, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Timeout);
        var request = StunMessage.Binding();
        try
        {
            await SendDataAsync(peer, request.Write(), limit.Token).ConfigureAwait(false);
            var receiving = ReceiveWithinAsync(message => IsAnswer(message, request), null, limit.Token);
            while (await Task.WhenAny(receiving, Task.Delay(Retransmission, limit.Token)).ConfigureAwait(false) != receiving)
            {
                await SendDataAsync(peer, request.Write(), limit.Token).ConfigureAwait(false); // Between relay and peer it is UDP in any case.
            }

            return await receiving.ConfigureAwait(false) is not null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception lost) when (lost is SocketException or IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }

    private static async Task<Stream> OpenAsync(Socket socket, SslClientAuthenticationOptions? tls, CancellationToken ct)
    {
        var plain = new NetworkStream(socket);
        if (tls is null)
        {
            return plain;
        }

        var secured = new SslStream(plain);
        await secured.AuthenticateAsClientAsync(tls, ct).ConfigureAwait(false);
        return secured;
    }

    private static StunMessage Allocation(byte transport, byte? family)
    {
        var request = StunMessage.Request(StunMethod.Allocate).Add(StunAttribute.RequestedTransport, [transport, 0, 0, 0]);
        return family is { } wanted ? request.Add(StunAttribute.RequestedAddressFamily, [wanted, 0, 0, 0]) : request;
    }

    /// <summary>Sends a message that has no response.</summary>
    public ValueTask WriteAsync(byte[] message, CancellationToken ct) => _stream is null ? IgnoreLength(_socket.SendAsync(message, ct)) : _stream.WriteAsync(message, ct);

    private static async ValueTask IgnoreLength(ValueTask<int> sending) => await sending.ConfigureAwait(false);

    /// <summary>Whether the message is a Data indication with the response to the request.</summary>
    private static bool IsAnswer(byte[] message, StunMessage request) =>
        message.Length >= StunHeader && BinaryPrimitives.ReadUInt16BigEndian(message) == (ushort)StunMethod.Data
        && StunMessage.TryRead(message, out _, out _, out var attributes) && attributes.TryGetValue(StunAttribute.Data, out var data) && request.IsAnsweredBy(data);

    /// <summary>Sends a request, over UDP more than once, and returns its response.</summary>
    private async Task<byte[]> RequestAsync(StunMessage request, byte[] message, CancellationToken ct)
    {
        for (; ; )
        {
            await WriteAsync(message, ct).ConfigureAwait(false);
            if (await ReceiveWithinAsync(received => request.IsAnsweredBy(received), _stream is null ? Retransmission : null, ct).ConfigureAwait(false) is { } response)
            {
                return response;
            }
        }
    }

    /// <summary>Returns the first message that is the awaited one; null when none has arrived within the time. Without a time, it waits until <paramref name="ct"/> is canceled.</summary>
    /// <exception cref="IOException">The other end closed the connection, or sent too much else.</exception>
    private async Task<byte[]?> ReceiveWithinAsync(Func<byte[], bool> isAwaited, TimeSpan? time, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(time ?? System.Threading.Timeout.InfiniteTimeSpan);
        try
        {
            for (var others = 0; others < MaxOthers; others++)
            {
                var message = await ReceiveAsync(limit.Token).ConfigureAwait(false);
                if (isAwaited(message))
                {
                    return message;
                }

                if (_stream is not null && message.Length < StunHeader)
                {
                    throw new IOException("The connection was closed.");
                }
            }

            throw new IOException("Too many messages arrived that are no response.");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<byte[]> ReceiveAsync(CancellationToken ct)
    {
        var buffer = new byte[2048];
        if (_stream is null)
        {
            return buffer[..await _socket.ReceiveAsync(buffer, ct).ConfigureAwait(false)];
        }

        var length = await _stream.ReadAtLeastAsync(buffer.AsMemory(0, StunHeader), StunHeader, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        var rest = length < StunHeader ? 0 : Math.Min(BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(2)), buffer.Length - StunHeader);
        length += await _stream.ReadAtLeastAsync(buffer.AsMemory(length, rest), rest, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        return buffer[..length];
    }
}
