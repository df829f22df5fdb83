using System.Text;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>What participants of a peer-to-peer meeting say to each other. It is delivered, or its sender is told that it was not.</summary>
public sealed partial class MeetingSession
{
    private static readonly ProtocolError NotDelivered =
        new(ErrorCode.Unavailable, "The message was not delivered: the participant's connection is interrupted or too slow. Send it again.");

    /// <summary>Passes a frame to one participant wherever its socket is; null when it is on its way, else why not.</summary>
    public Task<ProtocolError?> RelayAsync(Member from, string to, ServerMessage message) => loop.AskAsync(async () =>
    {
        if (!IsCurrent(from))
        {
            return null;
        }

        if (View() is not { IsPeerToPeer: true })
        {
            return new ProtocolError(ErrorCode.Forbidden, "Media of this meeting goes through the media node: only where 'topology' is 'p2p' is anything relayed to participants.");
        }

        if (roster.Find(to) is not { } entry)
        {
            return new ProtocolError(ErrorCode.UnknownParticipant, "Unknown participant in 'to'.");
        }

        var frame = message.ToUtf8();
        if (members.TryGetValue(to, out var local))
        {
            return local.Socket.TrySendRelayed(frame) ? null : NotDelivered;
        }

        // Of this instance, but without a socket now: it may come back.
        if (entry.Instance == services.Options.Instance)
        {
            return NotDelivered;
        }

        var relayed = new BusEvent { Kind = BusEventKind.Frame, ParticipantId = to, From = from.ParticipantId, Text = Encoding.UTF8.GetString(frame) };
        return await presence.TryPublishAsync(relayed).ConfigureAwait(false) ? null : NotDelivered;
    });

    private async Task OnFrameAsync(BusEvent e)
    {
        if (e.ParticipantId is null || e.Text is null)
        {
            return;
        }

        var frame = Encoding.UTF8.GetBytes(e.Text);
        if (members.TryGetValue(e.ParticipantId, out var member))
        {
            if (e.From is null)
            {
                member.Socket.Send(frame);
                return;
            }

            if (member.Socket.TrySendRelayed(frame))
            {
                return;
            }
        }
        else if (roster.Find(e.ParticipantId)?.Instance != services.Options.Instance)
        {
            // For another instance to deliver.
            return;
        }

        if (e.From is { } sender)
        {
            await presence.TryPublishAsync(new BusEvent
            {
                Kind = BusEventKind.Frame,
                ParticipantId = sender,
                Text = Encoding.UTF8.GetString(new ErrorMessage(NotDelivered).ToUtf8()),
            }).ConfigureAwait(false);
        }
    }
}
