using System.Text;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>What participants of a peer-to-peer meeting say to each other. It is delivered, or its sender is told that it was not.</summary>
public sealed partial class MeetingSession
{
    private static readonly ProtocolError NotDelivered =
        new(ErrorCode.Unavailable, "The message was not delivered: the participant's connection is interrupted or too slow. Send it again.");

    /// <summary>Frames that another instance has not acknowledged yet, and their senders. The limit of messages a second bounds them.</summary>
    private readonly Dictionary<long, string> unacknowledged = [];

    /// <summary>Passes a frame to one participant wherever its socket is; null when it is on its way, else why not.</summary>
    public Task<ProtocolError?> RelayAsync(Member from, string to, byte[] frame) => loop.AskAsync(async () =>
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

        if (members.TryGetValue(to, out var local))
        {
            return local.Socket.TrySendRelayed(frame) ? null : NotDelivered;
        }

        // Of this instance, but without a socket now: it may come back.
        if (entry.Instance == services.Options.Instance)
        {
            return NotDelivered;
        }

        // An instance of an earlier version acknowledges nothing.
        long? delivery = entry.AcknowledgesFrames ? Random.Shared.NextInt64() : null;
        var relayed = new BusEvent { Kind = BusEventKind.Frame, ParticipantId = to, From = from.ParticipantId, Text = Encoding.UTF8.GetString(frame), Delivery = delivery };
        if (!await presence.TryPublishAsync(relayed).ConfigureAwait(false))
        {
            return NotDelivered;
        }

        if (delivery is { } number)
        {
            unacknowledged[number] = from.ParticipantId;
            _ = ExpectAcknowledgementAsync(number);
        }

        return null;
    });

    /// <summary>Redis accepts a frame even when the receiving instance has died or hears nothing.</summary>
    private async Task ExpectAcknowledgementAsync(long delivery)
    {
        await Task.Delay(services.Options.Timings.RelayAcknowledgement, services.Time, closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        loop.Post(() =>
        {
            if (unacknowledged.Remove(delivery, out var sender) && members.TryGetValue(sender, out var member))
            {
                member.Send(new ErrorMessage(NotDelivered));
            }
        });
    }

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
                // Nobody is told twice that one frame was not delivered.
                if (e.Delivery is not { } refused || unacknowledged.Remove(refused))
                {
                    member.Socket.Send(frame);
                }

                return;
            }

            if (member.Socket.TrySendRelayed(frame))
            {
                if (e.Delivery is not null)
                {
                    await presence.TryPublishAsync(new BusEvent { Kind = BusEventKind.FrameDelivered, Delivery = e.Delivery }).ConfigureAwait(false);
                }

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
                Delivery = e.Delivery,
            }).ConfigureAwait(false);
        }
    }
}
