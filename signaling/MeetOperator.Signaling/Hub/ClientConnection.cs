using System.Diagnostics;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Features;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Tracing;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Hub;

/// <summary>Reads one socket: validates every message and passes it on to the session. Answers invalid messages with an <c>error</c>.</summary>
internal sealed partial class ClientConnection(SocketIdentity identity, IClientTransport transport, MeetingSession session, MeetingServices services)
{
    private readonly ILogger _logger = services.Loggers.CreateLogger<ClientConnection>();
    private Member? _member;
    private bool _hasLeft;
    private int _badMessages;

    /// <summary>Completes when the socket has closed. <see cref="DepartAsync"/> must follow.</summary>
    public async Task RunAsync()
    {
        using var joinLimit = services.Time.CreateTimer(
            _ =>
            {
                if (Volatile.Read(ref _member) is null)
                {
                    transport.Close(CloseCode.Rejected, "no join");
                }
            },
            null,
            services.Options.Timings.JoinTimeout,
            Timeout.InfiniteTimeSpan);
        while (!_hasLeft && await transport.ReceiveAsync().ConfigureAwait(false) is { } frame)
        {
            await HandleAsync(frame).ConfigureAwait(false);
        }

        transport.Close(CloseCode.Normal, "left");
    }

    /// <summary>Completes when the session has processed the departure, which waits for the participant to reconnect.</summary>
    public async Task DepartAsync()
    {
        if (_member is not null)
        {
            await _member.DisposeAsync().ConfigureAwait(false);
            await session.HandleClosedSocketAsync(_member, _hasLeft).ConfigureAwait(false);
        }
    }

    private async Task HandleAsync(ReceivedFrame frame)
    {
        if (services.Limits.TakeMessage(identity) is { } tooMany)
        {
            Reject(tooMany);
        }
        else if (services.Limits.TakeSharedMessage(identity.Meeting) is { } busy)
        {
            SendError(busy); // Not counted as a bad message: other participants may have used up the shared limit.
        }
        else if (frame.Bytes.Length > ProtocolLimits.MaxMessageBytes)
        {
            Reject(new ProtocolError(ErrorCode.TooLarge, $"The message is too large. The limit is {ProtocolLimits.MaxMessageBytes} bytes."));
            transport.Close(CloseCode.TooLarge, "frame too large");
        }
        else if (!frame.IsText)
        {
            Reject(new ProtocolError(ErrorCode.BadMessage, "Send text frames. Binary frames are not supported."));
        }
        else if (!ClientMessage.TryParse(frame.Bytes.Span, out var message, out var error))
        {
            Reject(error);
        }
        else
        {
            await HandleAsync(message).ConfigureAwait(false);
        }
    }

    private async Task HandleAsync(ClientMessage message)
    {
        services.Metrics.Received(message.GetType().Name);
        using var span = SignalingTracing.StartMessage(message.GetType().Name);
        try
        {
            if (message is JoinMessage join)
            {
                await JoinAsync(join).ConfigureAwait(false);
            }
            else if (_member is null)
            {
                Reject(new ProtocolError(ErrorCode.NotJoined, "Send 'join' first."));
            }
            else if (message is LeaveMessage)
            {
                _hasLeft = true;
            }
            else if (await session.Features.HandleAsync(_member, message).ConfigureAwait(false) is { } rejection)
            {
                Reject(rejection);
            }
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e) || TransientErrors.IsBusOutage(e))
        {
            span?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            LogOutage(_logger, identity.ParticipantId, e.Message);
            transport.Send(new ErrorMessage(ErrorCode.Unavailable, "The server cannot process this message now. Try again."));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            LogFailed(_logger, e, identity.ParticipantId);
            transport.Send(new ErrorMessage(ErrorCode.Unavailable, "The message was not processed because of a server error."));
        }
    }

    private async Task JoinAsync(JoinMessage join)
    {
        if (_member is not null)
        {
            Reject(new ProtocolError(ErrorCode.AlreadyJoined, "This socket has already joined."));
            return;
        }

        if (join.ParticipantId != identity.ParticipantId)
        {
            Reject(new ProtocolError(ErrorCode.Forbidden, "'participantId' must be the participant that this socket was opened for."));
            return;
        }

        var joining = new Member(identity, transport, join.Resume, join.Slots, join.IdentityKey, join.P2p, join.Move, (join.AudioMuted, join.VideoMuted), join.Tunnel);
        if (await session.JoinAsync(joining).ConfigureAwait(false) is { } rejection)
        {
            Reject(rejection);
            transport.Close(CloseCode.Rejected, rejection.Message);
            return;
        }

        _member = joining;
    }

    private void SendError(ProtocolError error)
    {
        services.Metrics.Rejected(WireName.Of(error.Code));
        transport.Send(new ErrorMessage(error));
    }

    private void Reject(ProtocolError error)
    {
        SendError(error);
        if (++_badMessages >= SocketLimits.MaxBadMessages)
        {
            transport.Close(CloseCode.Rejected, "too many bad messages");
        }
    }

    [LoggerMessage(3060, LogLevel.Warning, "Participant {Participant}: a message was not processed because a dependency is unavailable: {Reason}")]
    private static partial void LogOutage(ILogger logger, string participant, string reason);

    [LoggerMessage(3063, LogLevel.Error, "Participant {Participant}: failed to process a message.")]
    private static partial void LogFailed(ILogger logger, Exception e, string participant);
}
