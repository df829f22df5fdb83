using System.Text;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Features.E2ee;

/// <summary>
/// Relays key messages between the participants of an encrypted meeting, also across replicas. Nothing is stored. A lost message is not reported as an error, because
/// its recipient requests a missing key again.
/// </summary>
internal sealed class E2eeFeature(IMeeting meeting, SessionPresence bus, SocketLimits limits) : IMeetingFeature
{
    public Task<ProtocolError?>? Handle(Member from, ClientMessage message) => message is E2eeKeysMessage keys ? RelayAsync(from, keys.Keys) : null;

    public Task OnBusEventAsync(BusEvent e)
    {
        if (e is { Kind: BusEventKind.E2eeKey, ParticipantId: { } recipient, Text: { } text })
        {
            meeting.Members.Find(recipient)?.Transport.Send(Encoding.UTF8.GetBytes(text), Lane.Droppable);
        }

        return Task.CompletedTask;
    }

    private async Task<ProtocolError?> RelayAsync(Member from, IReadOnlyList<E2eePayload> payloads)
    {
        var frames = payloads.Select(p => (p.To, Frame: new E2eeKeyMessage(from.ParticipantId, p.Payload).ToUtf8())).ToList();
        return limits.TakeRelayed(from.Identity, frames.Sum(f => f.Frame.Length))
            ?? await meeting.InvokeAsync(() => RelayNowAsync(from, frames)).ConfigureAwait(false);
    }

    private async Task<ProtocolError?> RelayNowAsync(Member from, IReadOnlyList<(string To, byte[] Frame)> frames)
    {
        if (!meeting.Members.IsCurrent(from))
        {
            return null;
        }

        if (meeting.View() is not { IsE2ee: true })
        {
            return new ProtocolError(ErrorCode.Forbidden, "Keys are passed on only in meetings that are encrypted end to end.");
        }

        foreach (var (to, frame) in frames)
        {
            if (meeting.Members.Find(to) is { } local)
            {
                local.Transport.Send(frame, Lane.Droppable);
            }
            else if (meeting.Roster.Find(to) is not null)
            {
                await bus.TryPublishAsync(new BusEvent { Kind = BusEventKind.E2eeKey, ParticipantId = to, Text = Encoding.UTF8.GetString(frame) }).ConfigureAwait(false);
            }
        }

        return null;
    }
}
