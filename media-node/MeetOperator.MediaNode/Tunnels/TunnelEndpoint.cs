using System.Net.Sockets;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Streams;
using MeetOperator.Native.Sockets;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Tunnels;

/// <summary>
/// The WebSocket on which signaling carries the packets of a participant whose network lets nothing else through. To the loop, it is one more connection of the session, as a TCP connection
/// is. Safe for concurrent use.
/// </summary>
internal sealed class TunnelEndpoint(RoomDirectory rooms, TimeProvider time)
{
    /// <summary>About what waits between the loop and the pump, where nothing can overtake it.</summary>
    private const int UnsentBytes = 4 * 1024;

    /// <summary>How often it is checked whether the caller is still trusted.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>Pings find out that the caller's machine is gone, also while nothing may be sent.</summary>
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PongTimeout = TimeSpan.FromSeconds(10);

    public TunnelLimits Limits { get; } = new();

    /// <summary>Counts the connections of tunnels to sessions.</summary>
    public StreamCounters Counters { get; } = new();

    /// <summary>Opens the tunnel of a session and serves it until it ends.</summary>
    /// <param name="context">The request.</param>
    /// <param name="room">The room.</param>
    /// <param name="participant">The participant whose session it is.</param>
    /// <param name="session">The session, which was opened for a tunnel.</param>
    /// <param name="tenant">The tenant of the room; null when the caller does not name it, as earlier versions.</param>
    /// <param name="isAllowed">Whether the caller is still trusted.</param>
    public async Task RunAsync(HttpContext context, string room, string participant, string session, string? tenant, Func<bool> isAllowed)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            throw ControlProblemException.InvalidRequest("Open a WebSocket at this path.");
        }

        if (tenant is { Length: > RoomSpec.MaxTenantLength })
        {
            throw ControlProblemException.InvalidRequest($"tenant must be a name with at most {RoomSpec.MaxTenantLength} characters.");
        }

        var closed = new CancellationTokenSource(); // not disposed, because the loop may close the connection later
        var (loop, place) = await ConnectAsync(room, participant, session, tenant, () => _ = closed.CancelAsync()).ConfigureAwait(false);
        using var end = loop;
        using var taken = place;
        using var client = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = PingInterval, KeepAliveTimeout = PongTimeout }).ConfigureAwait(false);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var checks = CheckAsync(ends, isAllowed);
        await using var pump = new TunnelPump(client, loop, time);
        await pump.RunAsync(closed.Token, ends.Token).ConfigureAwait(false);
        await ends.CancelAsync().ConfigureAwait(false);
        await checks.ConfigureAwait(false);
    }

    /// <summary>Gives the session one end of a new connection, and returns the other one with the place of the tunnel, which is free again as soon as the loop has closed its end.</summary>
    private async Task<(Socket Socket, IDisposable Place)> ConnectAsync(string room, string participant, string session, string? tenant, Action onClosed)
    {
        var (near, far) = StreamSocket.CreatePair(UnsentBytes);
        var address = default(TransportAddress).Over(StreamGate.NextNumber());
        IDisposable? place = null;
        try
        {
            // Not cancelled, because the loop may be about to take the socket then.
            await rooms.RunAsync(
                room,
                participant,
                joins: null,
                part =>
                {
                    part.OpenTunnel(participant, session, near, address, () => place = Limits.Take(session, room, tenant), OnClosed);
                    return true;
                },
                CancellationToken.None).ConfigureAwait(false);
            return (far, place!);
        }
        catch
        {
            place?.Dispose();
            near.Dispose();
            far.Dispose();
            throw;
        }

        void OnClosed()
        {
            place!.Dispose();
            onClosed();
        }
    }

    private async Task CheckAsync(CancellationTokenSource ends, Func<bool> isAllowed)
    {
        using var timer = new PeriodicTimer(CheckInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ends.Token).ConfigureAwait(false))
            {
                if (!isAllowed())
                {
                    await ends.CancelAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The tunnel has ended.
        }
    }
}
