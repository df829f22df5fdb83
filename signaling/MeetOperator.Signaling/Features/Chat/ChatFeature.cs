using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Features.Chat;

/// <summary>Stores chat messages, replays them to new members, and delivers them in the order of the database.</summary>
internal sealed class ChatFeature : IMeetingFeature
{
    private static readonly Task<ProtocolError?> Handled = Task.FromResult<ProtocolError?>(null);

    private readonly IMeeting _meeting;
    private readonly IMeetingBus _bus;
    private readonly OrderedLog<ChatRow> _messages;
    private readonly ChatOutbox _outbox;

    public ChatFeature(IMeeting meeting, IChatRepository chat, IMeetingBus bus, ILoggerFactory loggers)
    {
        var log = new ChatLog(chat, meeting.Key);
        _meeting = meeting;
        _bus = bus;
        _messages = new OrderedLog<ChatRow>(log);
        _outbox = new ChatOutbox(meeting, log, loggers);
    }

    public async Task OnJoinedAsync(Member member, MeetingView view)
    {
        try
        {
            await _messages.ReplayAsync(member, [.. _meeting.Members.All.Where(m => m != member)], _meeting.Closed).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (!TransientErrors.IsDatabaseOutage(e))
            {
                _meeting.LogFailure(e);
            }

            // Participants can use the meeting without the chat history.
            member.Send(new ErrorMessage(ErrorCode.Unavailable, "The chat history is temporarily unavailable. It will be sent when the database recovers."));
        }
    }

    public Task<ProtocolError?>? Handle(Member from, ClientMessage message)
    {
        if (message is not ChatMessage chat)
        {
            return null;
        }

        _outbox.Enqueue(from, chat);
        return Handled;
    }

    public Task OnBusEventAsync(BusEvent e) => e is { Kind: BusEventKind.Chat, Text: { } frame }
        ? UnlessOutageAsync(_messages.DeliverAsync(e.Sequence, frame, _meeting.Members.All, _meeting.Closed))
        : Task.CompletedTask;

    /// <summary>While bus events may be lost, reads the messages of other replicas from the database.</summary>
    public Task OnTickAsync() => _messages.IsBehind || !_bus.IsConnected ? CatchUpAsync() : Task.CompletedTask;

    public Task OnRecoveredAsync() => CatchUpAsync();

    private Task CatchUpAsync() => UnlessOutageAsync(_messages.CatchUpAsync(_meeting.Members.All, _meeting.Closed));

    private static async Task UnlessOutageAsync(Task reading)
    {
        try
        {
            await reading.ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            // The log is behind; the next tick retries.
        }
    }
}
