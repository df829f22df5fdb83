using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>Reads one socket: checks every message, hands it on, and answers what is wrong with an <c>error</c> that changes nothing.</summary>
public sealed partial class ClientConnection(SocketIdentity identity, ClientSocket socket, MeetingSession session, MeetingServices services)
{
    private readonly ILogger logger = services.Loggers.CreateLogger<ClientConnection>();
    private readonly ChatOutbox lines = new(socket, session, services);
    private Member? member;
    private bool saidLeave;
    private int bad;

    /// <summary>Ends when the socket has ended and the others know what they have to know.</summary>
    public async Task RunAsync()
    {
        using var joinLimit = services.Time.CreateTimer(
            _ =>
            {
                if (Volatile.Read(ref member) is null)
                {
                    socket.Close(CloseCodes.Refused, "no join");
                }
            },
            null,
            services.Options.Timings.JoinWait,
            Timeout.InfiniteTimeSpan);
        while (!saidLeave && await socket.ReceiveAsync().ConfigureAwait(false) is { } frame)
        {
            await HandleAsync(frame).ConfigureAwait(false);
        }

        socket.Close(CloseCodes.Normal, "left");
        await lines.DisposeAsync().ConfigureAwait(false);
        if (member is not null)
        {
            await session.GoneAsync(member, saidLeave).ConfigureAwait(false);
        }
    }

    private async Task HandleAsync(ReceivedFrame frame)
    {
        if (services.Limits.TakeMessage(identity) is { } tooMany)
        {
            Refuse(tooMany);
        }
        else if (services.Limits.TakeSharedMessage(identity.Meeting) is { } busy)
        {
            Answer(busy); // Others may be to blame.
        }
        else if (frame.Bytes.Length > ProtocolLimits.MaxMessageBytes)
        {
            Refuse(new ProtocolError(ErrorCode.TooLarge, $"A message has at most {ProtocolLimits.MaxMessageBytes} bytes."));
            socket.Close(CloseCodes.TooLarge, "frame too large");
        }
        else if (!frame.IsText)
        {
            Refuse(new ProtocolError(ErrorCode.BadMessage, "Send text frames."));
        }
        else if (!ClientMessage.TryParse(frame.Bytes.Span, out var message, out var error))
        {
            Refuse(error);
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
            else if (member is null)
            {
                Refuse(new ProtocolError(ErrorCode.NotJoined, "Say 'join' first."));
            }
            else
            {
                await HandleAsync(member, message).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (Failures.IsDatabaseOutage(e) || Failures.IsBusOutage(e))
        {
            LogOutage(logger, identity.ParticipantId, e.Message);
            socket.Send(new ErrorMessage(ErrorCode.Unavailable, "The server cannot do this now. Try again."));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(logger, e, identity.ParticipantId);
            socket.Send(new ErrorMessage(ErrorCode.Unavailable, "The server failed to do this."));
        }
    }

    private async Task JoinAsync(JoinMessage join)
    {
        if (member is not null)
        {
            Refuse(new ProtocolError(ErrorCode.AlreadyJoined, "This socket has joined already."));
            return;
        }

        if (join.ParticipantId != identity.ParticipantId)
        {
            Refuse(new ProtocolError(ErrorCode.Forbidden, "'participantId' must be the one that this socket was opened for."));
            return;
        }

        var joining = new Member(identity, socket, join.Resume);
        if (await session.JoinAsync(joining).ConfigureAwait(false) is { } refusal)
        {
            Refuse(refusal);
            socket.Close(CloseCodes.Refused, refusal.Message);
            return;
        }

        member = joining;
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
                lines.Take(from, chat);
                break;
            case LeaveMessage:
                saidLeave = true;
                break;
        }
    }

    private static IReadOnlyList<OfferedTrack>? Tracks(OfferMessage offer) =>
        offer.Tracks.Count == 0 ? null : [.. offer.Tracks.Select(t => new OfferedTrack(t.Mid, null, null, WireName.Of(t.Source)))];

    private async Task RelayAsync(Member from, string to, int characters, ServerMessage message)
    {
        // Too many characters are too many bytes, so it need not be serialized.
        var frame = characters > ProtocolLimits.MaxRelayedBytes ? [] : message.ToUtf8();
        if (services.Limits.TakeRelayed(identity, Math.Max(characters, frame.Length)) is { } tooMuch)
        {
            Refuse(tooMuch);
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
            socket.Send(new ErrorMessage(ErrorCode.NotPlaced, "This meeting has no media session: media goes straight between its participants.", reference));
        }
    }

    private void Answer(ProtocolError error)
    {
        services.Metrics.Refused(WireName.Of(error.Code));
        socket.Send(new ErrorMessage(error));
    }

    private void Refuse(ProtocolError error)
    {
        Answer(error);
        if (++bad >= SocketLimits.MaxBadMessages)
        {
            socket.Close(CloseCodes.Refused, "too many bad messages");
        }
    }

    [LoggerMessage(3060, LogLevel.Warning, "Participant {Participant}: a message was not handled: {Reason}")]
    private static partial void LogOutage(ILogger logger, string participant, string reason);

    [LoggerMessage(3063, LogLevel.Error, "Participant {Participant}: handling a message failed.")]
    private static partial void LogFailed(ILogger logger, Exception e, string participant);
}
