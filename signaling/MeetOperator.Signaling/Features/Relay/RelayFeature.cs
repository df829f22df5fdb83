using System.Text;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Features.Topologies;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Features.Relay;

/// <summary>
/// Relays offers, answers and candidates between participants while media flows directly between them, on any replica. If a message cannot be delivered, its sender gets an error.
/// </summary>
internal sealed class RelayFeature(IMeeting meeting, SessionPresence bus, TopologyFeature topology, SocketLimits limits, SignalingOptions options) : IMeetingFeature
{
    private static readonly ProtocolError NotDelivered =
        new(ErrorCode.Unavailable, "The message was not delivered because the recipient's connection is interrupted or too slow. Send it again.");

    /// <summary>Senders of the frames that another replica has not acknowledged yet, by delivery number. The message rate limit bounds its size.</summary>
    private readonly Dictionary<long, string> _unacknowledged = [];

    public Task<ProtocolError?>? Handle(Member from, ClientMessage message) => message switch
    {
        OfferMessage { To: not ProtocolLimits.Sfu } offer =>
            RelayAsync(from, offer.To, offer.Sdp.Length, new ForwardedOfferMessage(from.ParticipantId, offer.Sdp, null, Tracks(offer))),
        AnswerMessage { To: not ProtocolLimits.Sfu } answer =>
            RelayAsync(from, answer.To, answer.Sdp.Length, new ForwardedAnswerMessage(from.ParticipantId, answer.Sdp)),
        IceCandidateMessage { To: not ProtocolLimits.Sfu } candidate =>
            RelayAsync(from, candidate.To, candidate.CandidateJson.Length, new ForwardedIceCandidateMessage(from.ParticipantId, candidate.CandidateJson)),
        P2pReadyMessage ready => RelayAsync(from, ready.To, 0, new ForwardedP2pReadyMessage(from.ParticipantId, ready.Generation)),
        _ => null,
    };

    public async Task OnBusEventAsync(BusEvent e)
    {
        switch (e.Kind)
        {
            case BusEventKind.Frame when e is { ParticipantId: { } recipient, Text: { } text }:
                await DeliverAsync(e, recipient, Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
                break;
            case BusEventKind.FrameDelivered when e.Delivery is { } delivery:
                _unacknowledged.Remove(delivery);
                break;
        }
    }

    private static IReadOnlyList<OfferedTrack>? Tracks(OfferMessage offer) =>
        offer.Tracks.Count == 0 ? null : [.. offer.Tracks.Select(t => new OfferedTrack(t.Mid, null, null, WireName.Of(t.Source)))];

    private async Task<ProtocolError?> RelayAsync(Member from, string to, int characters, ServerMessage message)
    {
        // Avoid serializing a frame that is too large: it has at least as many bytes as characters.
        var frame = characters > ProtocolLimits.MaxRelayedBytes ? [] : message.ToUtf8();
        if (limits.TakeRelayed(from.Identity, Math.Max(characters, frame.Length)) is { } tooMuch)
        {
            return tooMuch;
        }

        if (await meeting.InvokeAsync(() => RelayNowAsync(from, to, frame)).ConfigureAwait(false) is { } failure)
        {
            from.Send(new ErrorMessage(failure)); // A failed delivery does not count as bad input of the sender.
        }

        return null;
    }

    private async Task<ProtocolError?> RelayNowAsync(Member from, string to, byte[] frame)
    {
        if (!meeting.Members.IsCurrent(from))
        {
            return null;
        }

        if (meeting.View() is not { AllowsDirectConnections: true } view || !(topology.IsDirect || view.IsPeerToPeer))
        {
            return new ProtocolError(
                ErrorCode.Forbidden, "Messages to participants are relayed only while the topology is 'p2p', and if the tenant allows direct connections. Media does not flow directly now.");
        }

        if (meeting.Roster.Find(to) is not { } entry)
        {
            return new ProtocolError(ErrorCode.UnknownParticipant, "Unknown participant in 'to'.");
        }

        if (meeting.Members.Find(to) is { } local)
        {
            return local.Transport.Send(frame, Lane.Droppable) ? null : NotDelivered;
        }

        // The participant was connected to this replica and may reconnect.
        if (entry.Instance == options.ReplicaId)
        {
            return NotDelivered;
        }

        // Replicas of earlier versions do not acknowledge frames.
        long? delivery = entry.AcknowledgesFrames ? Random.Shared.NextInt64() : null;
        var relayed = new BusEvent { Kind = BusEventKind.Frame, ParticipantId = to, From = from.ParticipantId, Text = Encoding.UTF8.GetString(frame), Delivery = delivery };
        if (!await bus.TryPublishAsync(relayed).ConfigureAwait(false))
        {
            return NotDelivered;
        }

        if (delivery is { } number)
        {
            _unacknowledged[number] = from.ParticipantId;
            _ = ExpectAcknowledgementAsync(number);
        }

        return null;
    }

    /// <summary>
    /// Sends an error to the sender if no acknowledgement arrives in time: Redis accepts a frame even if the receiving replica has crashed or is disconnected.
    /// </summary>
    private async Task ExpectAcknowledgementAsync(long delivery)
    {
        await Task.Delay(options.Timings.RelayAcknowledgementTimeout, meeting.Time, meeting.Closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        meeting.Post(() =>
        {
            if (_unacknowledged.Remove(delivery, out var sender))
            {
                meeting.Members.Find(sender)?.Send(new ErrorMessage(NotDelivered));
            }

            return Task.CompletedTask;
        });
    }

    private async Task DeliverAsync(BusEvent e, string recipient, byte[] frame)
    {
        if (meeting.Members.Find(recipient) is { } member)
        {
            if (e.From is null)
            {
                // Send only one error for each undelivered frame.
                if (e.Delivery is not { } delivery || _unacknowledged.Remove(delivery))
                {
                    member.Transport.Send(frame, Lane.Required);
                }

                return;
            }

            if (member.Transport.Send(frame, Lane.Droppable))
            {
                if (e.Delivery is not null)
                {
                    await bus.TryPublishAsync(new BusEvent { Kind = BusEventKind.FrameDelivered, Delivery = e.Delivery }).ConfigureAwait(false);
                }

                return;
            }
        }
        else if (meeting.Roster.Find(recipient)?.Instance != options.ReplicaId)
        {
            // Another replica delivers it.
            return;
        }

        if (e.From is { } sender)
        {
            await bus.TryPublishAsync(new BusEvent
            {
                Kind = BusEventKind.Frame,
                ParticipantId = sender,
                Text = Encoding.UTF8.GetString(new ErrorMessage(NotDelivered).ToUtf8()),
                Delivery = e.Delivery,
            }).ConfigureAwait(false);
        }
    }
}
