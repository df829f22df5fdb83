using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace MeetOperator.Stun;

/// <summary>
/// Sends a STUN binding request without credentials (RFC 8489 §6.3.1) and waits for the response. Over UDP, it sends up to three requests from a new port, so that a lost datagram is no failure. A
/// response counts only from the address that was asked, and with the transaction ID.
/// </summary>
public static class BindingExchange
{
    private const int MaxMessage = 1500;
    private const int LengthBytes = 2;
    private const int StunHeader = 20;

    /// <summary>How long each of the requests over UDP waits (RFC 8489 §6.2.1).</summary>
    private static readonly TimeSpan[] Waits = [TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.5)];

    /// <summary>Limit over TCP and TLS, with the connection.</summary>
    private static readonly TimeSpan StreamTimeout = TimeSpan.FromSeconds(4);

    /// <param name="server">The address and port to ask.</param>
    /// <param name="transport">What carries the messages.</param>
    /// <param name="host">The name for TLS; null for the address. Whether the certificate is valid does not matter here.</param>
    /// <param name="time">Measures.</param>
    /// <param name="ct">Cancels the exchange.</param>
    /// <returns>The result. Only cancellation throws.</returns>
    public static async Task<BindingResult> RunAsync(IPEndPoint server, StunTransport transport, string? host, TimeProvider time, CancellationToken ct)
    {
        try
        {
            using var datagrams = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await datagrams.ConnectAsync(server, ct).ConfigureAwait(false); // Sends nothing; without a route it fails.
            if (transport == StunTransport.Udp)
            {
                return await OverUdpAsync(datagrams, time, ct).ConfigureAwait(false);
            }
        }
        catch (SocketException failed) when (transport != StunTransport.Udp || failed.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            return new BindingResult(BindingOutcome.NoRoute, Detail: failed.Message);
        }
        catch (SocketException failed)
        {
            return new BindingResult(BindingOutcome.Refused, Detail: failed.Message);
        }

        return await OverStreamAsync(server, transport, host, time, ct).ConfigureAwait(false);
    }

    private static async Task<BindingResult> OverUdpAsync(Socket socket, TimeProvider time, CancellationToken ct)
    {
        var request = StunMessage.Binding();
        var message = request.Write();
        var buffer = new byte[MaxMessage];
        SocketException? refused = null;
        foreach (var wait in Waits)
        {
            using var limit = new CancellationTokenSource(wait, time);
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            var sent = time.GetTimestamp();
            try
            {
                await socket.SendAsync(message, ct).ConfigureAwait(false);
                for (; ; )
                {
                    var length = await socket.ReceiveAsync(buffer, bounded.Token).ConfigureAwait(false);
                    if (request.IsAnsweredBy(buffer.AsSpan(0, length)))
                    {
                        return Answered(request, buffer.AsSpan(0, length), time.GetElapsedTime(sent));
                    }
                }
            }
            catch (SocketException failed)
            {
                // An ICMP error is not authentic, so the request is repeated all the same.
                refused = failed;
                await Task.Delay(Waits[0], time, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
            }
        }

        return refused is null ? new BindingResult(BindingOutcome.NoAnswer) : new BindingResult(BindingOutcome.Refused, Detail: refused.Message);
    }

    private static async Task<BindingResult> OverStreamAsync(IPEndPoint server, StunTransport transport, string? host, TimeProvider time, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(StreamTimeout, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, bounded.Token).ConfigureAwait(false);
            await using var plain = new NetworkStream(socket);
            await using var secured = transport == StunTransport.Tls ? new SslStream(plain) : null;
            if (secured is not null)
            {
                await secured.AuthenticateAsClientAsync(Tls(server, host), bounded.Token).ConfigureAwait(false);
            }

            return await AskAsync((Stream?)secured ?? plain, isFramed: transport == StunTransport.IceTcp, time, bounded.Token).ConfigureAwait(false);
        }
        catch (AuthenticationException failed)
        {
            return new BindingResult(BindingOutcome.TlsFailed, Detail: failed.Message);
        }
        catch (Exception failed) when (failed is SocketException or IOException)
        {
            return new BindingResult(BindingOutcome.Refused, Detail: failed.Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new BindingResult(BindingOutcome.NoAnswer, Detail: socket.Connected ? "a connection opens, and nothing answers" : null);
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "Nothing is sent or believed: the exchange shows whether the port is reachable.")]
    private static SslClientAuthenticationOptions Tls(IPEndPoint server, string? host) =>
        new() { TargetHost = host ?? server.Address.ToString(), RemoteCertificateValidationCallback = static (_, _, _, _) => true };

    private static async Task<BindingResult> AskAsync(Stream stream, bool isFramed, TimeProvider time, CancellationToken ct)
    {
        var request = StunMessage.Binding();
        var message = request.Write();
        var sent = time.GetTimestamp();
        await stream.WriteAsync(isFramed ? Framed(message) : message, ct).ConfigureAwait(false);
        var head = isFramed ? LengthBytes : StunHeader;
        var buffer = new byte[MaxMessage];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, head), ct).ConfigureAwait(false);
        var rest = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(isFramed ? 0 : 2));
        var length = isFramed ? rest : StunHeader + rest;
        if (length > MaxMessage - LengthBytes)
        {
            return NoStun();
        }

        await stream.ReadExactlyAsync(buffer.AsMemory(head, rest), ct).ConfigureAwait(false);
        var response = buffer.AsMemory(isFramed ? LengthBytes : 0, length);
        return request.IsAnsweredBy(response.Span) ? Answered(request, response.Span, time.GetElapsedTime(sent)) : NoStun();
    }

    private static BindingResult NoStun() => new(BindingOutcome.Refused, Detail: "the response is not the one to the request: something else uses this port");

    private static byte[] Framed(byte[] message)
    {
        var framed = new byte[LengthBytes + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, LengthBytes);
        return framed;
    }

    private static BindingResult Answered(StunMessage request, ReadOnlySpan<byte> response, TimeSpan roundTrip)
    {
        IPEndPoint? mapped = null;
        if (StunMessage.TryRead(response, out _, out _, out var attributes) && attributes.TryGetValue(StunAttribute.XorMappedAddress, out var value))
        {
            request.TryReadAddress(value, out mapped);
        }

        return new BindingResult(BindingOutcome.Answered, roundTrip, mapped);
    }
}
