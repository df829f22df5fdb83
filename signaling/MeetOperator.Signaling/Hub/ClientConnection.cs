using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Hub;

/// <summary>Reads one socket: validates and dispatches every message. Answers invalid messages with an <c>error</c>.</summary>
public sealed partial class ClientConnection(SocketIdentity identity, ClientSocket socket, MeetingSession session, MeetingServices services)
{
    private readonly ILogger _logger = services.Loggers.CreateLogger<ClientConnection>();
    private readonly ChatOutbox _chatOutbox = new(socket, session, services);
    private Member? _member;
    private bool _hasLeft;
    private int _badMessages;

    /// <summary>Completes when the socket has closed and the session has processed the departure.</summary>
    public async Task RunAsync()
    {
        using var joinLimit = services.Time.CreateTimer(
            _ =>
            {
                if (Volatile.Read(ref _member) is null)
                {
                    socket.Close(CloseCodes.Rejected, "no join");
                }
            },
            null,
            services.Options.Timings.JoinTimeout,
            Timeout.InfiniteTimeSpan);
        while (!_hasLeft && await socket.ReceiveAsync().ConfigureAwait(false) is { } frame)
        {
            await HandleAsync(frame).ConfigureAwait(false);
        }

        socket.Close(CloseCodes.Normal, "left");
        await _chatOutbox.DisposeAsync().ConfigureAwait(false);
        if (_member is not null)
        {
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
            socket.Close(CloseCodes.TooLarge, "frame too large");
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
            else
            {
                await HandleAsync(_member, message).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e) || TransientErrors.IsBusOutage(e))
        {
            LogOutage(_logger, identity.ParticipantId, e.Message);
            socket.Send(new ErrorMessage(ErrorCode.Unavailable, "The server cannot process this message now. Try again."));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(_logger, e, identity.ParticipantId);
            socket.Send(new ErrorMessage(ErrorCode.Unavailable, "The message was not processed because of a server error."));
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

        var joining = new Member(identity, socket, join.Resume);
        if (await session.JoinAsync(joining).ConfigureAwait(false) is { } rejection)
        {
            Reject(rejection);
            socket.Close(CloseCodes.Rejected, rejection.Message);
            return;
        }

        _member = joining;
    }

    private async Task HandleAsync(Member from, ClientMessage message)
    {
        switch (message)
        {
            case OfferMessage { To: ProtocolLimits.Sfu } offer:
                WithMedia(from, media => media.Publish(offer), offer.Reference);
                break;
            case AnswerMessage { To: ProtocolLimits.Sfu } answer:
                WithMedia(from, media => media.Answer(answer));
                break;
            case IceCandidateMessage { To: ProtocolLimits.Sfu }:
                break;
            case OfferMessage offer:
                await RelayAsync(from, offer.To, offer.Sdp.Length, new ForwardedOfferMessage(from.ParticipantId, offer.Sdp, null, Tracks(offer))).ConfigureAwait(false);
                break;
            case AnswerMessage answer:
                await RelayAsync(from, answer.To, answer.Sdp.Length, new ForwardedAnswerMessage(from.ParticipantId, answer.Sdp)).ConfigureAwait(false);
                break;
            case IceCandidateMessage candidate:
                await RelayAsync(from, candidate.To, candidate.CandidateJson.Length, new ForwardedIceCandidateMessage(from.ParticipantId, candidate.CandidateJson)).ConfigureAwait(false);
                break;
            case MuteMessage mute:
                await session.MuteAsync(from, mute.MediaType, mute.Muted).ConfigureAwait(false);
                break;
            case ChatMessage chat:
                _chatOutbox.Enqueue(from, chat);
                break;
            case LeaveMessage:
                _hasLeft = true;
                break;
        }
    }

    private static IReadOnlyList<OfferedTrack>? Tracks(OfferMessage offer) =>
        offer.Tracks.Count == 0 ? null : [.. offer.Tracks.Select(t => new OfferedTrack(t.Mid, null, null, WireName.Of(t.Source)))];

    private async Task RelayAsync(Member from, string to, int characters, ServerMessage message)
    {
        // Avoid serializing a frame that is too large: it has at least as many bytes as characters.
        var frame = characters > ProtocolLimits.MaxRelayedBytes ? [] : message.ToUtf8();
        if (services.Limits.TakeRelayed(identity, Math.Max(characters, frame.Length)) is { } tooMuch)
        {
            Reject(tooMuch);
        }
        else if (await session.RelayAsync(from, to, frame).ConfigureAwait(false) is { } failure)
        {
            socket.Send(new ErrorMessage(failure));
        }
    }

    private void WithMedia(Member from, Action<MediaParticipant> action, string? reference = null)
    {
        if (from.Media is { } media)
        {
            action(media);
        }
        else
        {
            socket.Send(new ErrorMessage(ErrorCode.NotPlaced, "This meeting has no media session because media flows directly between its participants.", reference));
        }
    }

    private void SendError(ProtocolError error)
    {
        services.Metrics.Rejected(WireName.Of(error.Code));
        socket.Send(new ErrorMessage(error));
    }

    private void Reject(ProtocolError error)
    {
        SendError(error);
        if (++_badMessages >= SocketLimits.MaxBadMessages)
        {
            socket.Close(CloseCodes.Rejected, "too many bad messages");
        }
    }

    [LoggerMessage(3060, LogLevel.Warning, "Participant {Participant}: a message was not processed because a dependency is unavailable: {Reason}")]
    private static partial void LogOutage(ILogger logger, string participant, string reason);

    [LoggerMessage(3063, LogLevel.Error, "Participant {Participant}: failed to process a message.")]
    private static partial void LogFailed(ILogger logger, Exception e, string participant);
}
