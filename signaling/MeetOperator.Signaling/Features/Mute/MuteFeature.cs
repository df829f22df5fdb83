using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Features.Mute;

/// <summary>Announces to all participants who is muted, and enforces it on the media node. Mutes by a host arrive as changes of presence.</summary>
internal sealed class MuteFeature(IMeeting meeting, Membership membership, SessionPresence presence, SessionRows rows) : IMeetingFeature
{
    public Task<ProtocolError?>? Handle(Member from, ClientMessage message) => message is MuteMessage mute ? MuteAsync(from, mute) : null;

    /// <summary>Writes mute states that changed during the outage.</summary>
    public Task OnRecoveredAsync() => presence.SaveUnsavedAsync(meeting.Members.All.Select(m => m.Entry!));

    /// <summary>Applies a mute or unmute by the participant itself. Unmuting overrides a mute by a host.</summary>
    private Task<ProtocolError?> MuteAsync(Member from, MuteMessage mute) => meeting.InvokeAsync<ProtocolError?>(async () =>
    {
        if (meeting.Members.IsCurrent(from))
        {
            var (kind, muted) = (mute.MediaType, mute.Muted);
            var (sending, wasSilenced) = kind == MediaType.Audio ? (from.Entry!.Audio, from.Entry.AudioSilenced) : (from.Entry!.Video, from.Entry.VideoSilenced);
            var isStored = muted && !sending && presence.IsStored(from.ParticipantId); // clients also report mutes that the others know already, as after a join
            if (!isStored)
            {
                (var entry, isStored) = await presence.SetMediaAsync(from.Entry, kind, sending: !muted, silenced: muted && wasSilenced).ConfigureAwait(false);
                await membership.PublishChangeAsync(entry).ConfigureAwait(false);
            }

            rows.SaveMedia(from.ParticipantId, kind, sending: !muted);
            from.Media?.Mute(kind, muted);
            if (isStored && mute.Reference is not null)
            {
                // All updates before this one may be older than the message.
                from.Send(new MediaUpdateMessage(from.ParticipantId, from.Entry!.Audio, from.Entry.Video, mute.Reference));
            }
        }

        return null;
    });
}
