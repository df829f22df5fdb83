using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Features.Presence;

/// <summary>Keeps the presence entries of this replica's participants alive, and announces participants that join and leave to the members.</summary>
internal sealed class PresenceFeature(IMeeting meeting, Membership membership, SessionRows rows) : IMeetingFeature
{
    public Task OnJoinedAsync(Member member, MeetingView view)
    {
        rows.SaveStatus(member.ParticipantId, ConnectionStatuses.Connected);
        return Task.CompletedTask;
    }

    public Task OnBusEventAsync(BusEvent e)
    {
        switch (e.Kind)
        {
            case BusEventKind.Presence:
                membership.QueueRefresh();
                break;
            case BusEventKind.Left when e.ParticipantId is not null && meeting.Members.Find(e.ParticipantId) is null:
                membership.Depart(e.ParticipantId, e.Text ?? "left");
                break;
        }

        return Task.CompletedTask;
    }

    public async Task OnTickAsync()
    {
        await membership.RenewAsync().ConfigureAwait(false);
        await membership.RemoveExpiredAsync().ConfigureAwait(false);
        if (membership.NeedsRefresh)
        {
            await membership.RefreshAsync().ConfigureAwait(false);
        }
    }

    public async Task OnRecoveredAsync()
    {
        await membership.RenewAsync().ConfigureAwait(false);
        await membership.RefreshAsync().ConfigureAwait(false);
        await meeting.PublishAsync(new BusEvent { Kind = BusEventKind.Presence }).ConfigureAwait(false);
    }

    public async Task OnEndedAsync()
    {
        await membership.RemoveAllAsync().ConfigureAwait(false);
        rows.CloseMeeting();
    }
}
