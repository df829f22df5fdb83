using MeetOperator.Signaling.Features;
using MeetOperator.Signaling.Features.Chat;
using MeetOperator.Signaling.Features.Connectivity;
using MeetOperator.Signaling.Features.E2ee;
using MeetOperator.Signaling.Features.Headless;
using MeetOperator.Signaling.Features.Media;
using MeetOperator.Signaling.Features.Moderation;
using MeetOperator.Signaling.Features.Mute;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Features.Quality;
using MeetOperator.Signaling.Features.Relay;
using MeetOperator.Signaling.Features.Topologies;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Hub;

/// <summary>The features of one meeting.</summary>
internal sealed class MeetingFeatures
{
    /// <summary>In the order in which each of them gets joins, messages, events, ticks and the end.</summary>
    private readonly IReadOnlyList<IMeetingFeature> _all;
    private readonly IMeeting _meeting;

    public MeetingFeatures(IMeeting meeting, MeetingServices services, Membership membership, SessionPresence presence, SessionRows rows)
    {
        _meeting = meeting;
        var topology = new TopologyFeature(meeting, presence, services.Writer, services.Options.Timings);
        _all =
        [
            // The order matters: after an outage, removals and this replica's entries are written before presence is read again.
            new ModerationFeature(meeting, membership, presence, services.Moderation, services.States),
            new MuteFeature(meeting, membership, presence, rows),
            new HeadlessFeature(meeting, membership, presence, services.Participants, services.Metrics, services.Loggers),
            new PresenceFeature(meeting, membership, rows),
            topology,
            new RelayFeature(meeting, presence, topology, services.Limits, services.Options),
            new E2eeFeature(meeting, presence, services.Limits),

            // A new member gets the chat history before offers of the media node.
            new ChatFeature(meeting, services.Chat, services.Bus, services.Loggers),
            new RelaysFeature(meeting, services.Relays, services.Metrics),
            new MediaFeature(meeting, rows),
            new DirectPlacesFeature(meeting),
            new UnreachableFeature(meeting),
            new QualityFeature(meeting, services.Quality, services.Metrics, services.Options.Timings),
        ];
    }

    /// <summary>Returns one feature, for an endpoint that belongs to it.</summary>
    public T Get<T>()
        where T : IMeetingFeature => _all.OfType<T>().Single();

    /// <summary>Calls each feature, one after the other.</summary>
    public async Task ForEachAsync(Func<IMeetingFeature, Task> call)
    {
        foreach (var feature in _all)
        {
            await call(feature).ConfigureAwait(false);
        }
    }

    /// <summary>Like <see cref="ForEachAsync"/>, for events that nothing repeats: the failure of one feature is logged, and the others are called.</summary>
    public async Task ForEachOnceAsync(Func<IMeetingFeature, Task> call)
    {
        foreach (var feature in _all)
        {
            try
            {
                await call(feature).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                _meeting.LogFailure(e);
            }
        }
    }

    /// <summary>Follows a change of the Meeting, in its rooms first.</summary>
    public async Task FollowAsync(MeetingView view)
    {
        if (!view.IsPeerToPeer && _meeting.Media.Assign(view.Assignments) is { } change)
        {
            await ForEachAsync(feature => feature.OnRoomsChangedAsync(change)).ConfigureAwait(false);
        }

        await ForEachAsync(feature => feature.OnMeetingChangedAsync(view)).ConfigureAwait(false);
    }

    /// <summary>Passes a message on to the feature that it belongs to. Returns an error if the message was rejected.</summary>
    public Task<ProtocolError?> HandleAsync(Member from, ClientMessage message)
    {
        foreach (var feature in _all)
        {
            if (feature.Handle(from, message) is { } handling)
            {
                return handling;
            }
        }

        return Task.FromResult<ProtocolError?>(null);
    }
}
