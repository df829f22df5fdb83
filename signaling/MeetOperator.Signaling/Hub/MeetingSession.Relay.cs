using System.Text;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Hub;

/// <summary>Relays messages between participants of a peer-to-peer meeting. If a message cannot be delivered, its sender gets an error.</summary>
public sealed partial class MeetingSession
{
    private static readonly ProtocolError NotDelivered =
        new(ErrorCode.Unavailable, "The message was not delivered because the recipient's connection is interrupted or too slow. Send it again.");

    /// <summary>Senders of the frames that another instance has not acknowledged yet, by delivery number. The message rate limit bounds its size.</summary>
    private readonly Dictionary<long, string> _unacknowledged = [];

    /// <summary>Relays a frame to a participant on any instance. Returns null if it was sent, otherwise an error.</summary>
    public Task<ProtocolError?> RelayAsync(Member from, string to, byte[] frame) => _loop.InvokeAsync(async () =>
    {
        if (!IsCurrent(from))
        {
            return null;
        }

        if (View() is not { IsPeerToPeer: true })
        {
            return new ProtocolError(ErrorCode.Forbidden, "Messages to participants are relayed only in meetings with topology 'p2p'. Media of this meeting goes through the media node.");
        }

        if (_roster.Find(to) is not { } entry)
        {
            return new ProtocolError(ErrorCode.UnknownParticipant, "Unknown participant in 'to'.");
        }

        if (_members.TryGetValue(to, out var local))
        {
            return local.Socket.TrySendRelayed(frame) ? null : NotDelivered;
        }

        // The participant was connected to this instance and may reconnect.
        if (entry.Instance == _services.Options.Instance)
        {
            return NotDelivered;
        }

        // Instances of earlier versions do not acknowledge frames.
        long? delivery = entry.AcknowledgesFrames ? Random.Shared.NextInt64() : null;
        var relayed = new BusEvent { Kind = BusEventKind.Frame, ParticipantId = to, From = from.ParticipantId, Text = Encoding.UTF8.GetString(frame), Delivery = delivery };
        if (!await _presence.TryPublishAsync(relayed).ConfigureAwait(false))
        {
            return NotDelivered;
        }

        if (delivery is { } number)
        {
            _unacknowledged[number] = from.ParticipantId;
            _ = ExpectAcknowledgementAsync(number);
        }

        return null;
    });

    /// <summary>
    /// Sends an error to the sender if no acknowledgement arrives in time: Redis accepts a frame even if the receiving instance has crashed or is disconnected.
    /// </summary>
    private async Task ExpectAcknowledgementAsync(long delivery)
    {
        await Task.Delay(_services.Options.Timings.RelayAcknowledgementTimeout, _services.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _loop.Post(() =>
        {
            if (_unacknowledged.Remove(delivery, out var sender) && _members.TryGetValue(sender, out var member))
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
        if (_members.TryGetValue(e.ParticipantId, out var member))
        {
            if (e.From is null)
            {
                // Send only one error for each undelivered frame.
                if (e.Delivery is not { } refused || _unacknowledged.Remove(refused))
                {
                    member.Socket.Send(frame);
                }

                return;
            }

            if (member.Socket.TrySendRelayed(frame))
            {
                if (e.Delivery is not null)
                {
                    await _presence.TryPublishAsync(new BusEvent { Kind = BusEventKind.FrameDelivered, Delivery = e.Delivery }).ConfigureAwait(false);
                }

                return;
            }
        }
        else if (_roster.Find(e.ParticipantId)?.Instance != _services.Options.Instance)
        {
            // Another instance delivers it.
            return;
        }

        if (e.From is { } sender)
        {
            await _presence.TryPublishAsync(new BusEvent
            {
                Kind = BusEventKind.Frame,
                ParticipantId = sender,
                Text = Encoding.UTF8.GetString(new ErrorMessage(NotDelivered).ToUtf8()),
                Delivery = e.Delivery,
            }).ConfigureAwait(false);
        }
    }
}
