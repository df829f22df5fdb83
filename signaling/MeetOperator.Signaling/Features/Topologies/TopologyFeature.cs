using System.Text.Json;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Features.Topologies;

/// <summary>
/// Tells clients whether media flows through the SFU or directly between them. Every replica decides with <see cref="TopologyChoice"/> and writes the result to the bus;
/// the first one to write counts.
/// </summary>
internal sealed class TopologyFeature(IMeeting meeting, SessionPresence bus, MeetingWriter writer, SignalingTimings timings) : IMeetingFeature
{
    /// <summary>More concurrent writes than this are left to the next tick.</summary>
    private const int MaxAttempts = 3;

    /// <summary>How long a status that does not show what was written, or cannot be written, is left alone.</summary>
    private static readonly TimeSpan StatusRetry = TimeSpan.FromMinutes(1);
    private MeetingTopology? _state;
    private MediaTopology? _shown;
    private DateTimeOffset _showAgainAt;
    private long _announced;
    private bool _isQueued;

    /// <summary>True while media flows directly. Belongs to the session's loop.</summary>
    public bool IsDirect => _state is { IsDirect: true };

    public Task OnEnteredAsync(Member member, MeetingView view)
    {
        member.IsPeerToPeer = view.IsPeerToPeer;
        return Task.CompletedTask;
    }

    public async Task OnJoinedAsync(Member member, MeetingView view)
    {
        await UpdateAsync(null).ConfigureAwait(false);
        Show(); // the status may have changed while this replica had no members
        if (member.Direct && _state is { } state)
        {
            member.Send(Message(state));
        }
    }

    public Task<ProtocolError?>? Handle(Member from, ClientMessage message) => message is P2pFailedMessage failed
        ? meeting.InvokeAsync<ProtocolError?>(async () =>
        {
            if (meeting.Members.IsCurrent(from) && from.Direct)
            {
                await UpdateAsync(failed.Generation).ConfigureAwait(false);
            }

            return null;
        })
        : null;

    public Task OnBusEventAsync(BusEvent e)
    {
        switch (e.Kind)
        {
            case BusEventKind.Presence or BusEventKind.Left when !_isQueued:
                // After the roster has been read again, which the event has queued before.
                _isQueued = true;
                meeting.Post(() => UpdateAsync(null));
                break;
            case BusEventKind.Topology when TryRead(e.Text) is { } state && state.Version > (_state?.Version ?? 0):
                _state = state;
                if (state.IsDirect && meeting.View() is { AllowsDirectConnections: false })
                {
                    return UpdateAsync(null); // a replica that does not know the change yet, or is of an earlier version, has decided it
                }

                Announce();
                break;
        }

        return Task.CompletedTask;
    }

    public async Task OnTickAsync()
    {
        await UpdateAsync(null).ConfigureAwait(false);
        Show();
    }

    public async Task OnMeetingChangedAsync(MeetingView view)
    {
        // The former connections go on until the meeting has a media node, or may use direct ones.
        if (view.IsPeerToPeer ? view.AllowsDirectConnections : view.Assignment is not null)
        {
            foreach (var member in meeting.Members.All.Where(m => m.IsPeerToPeer != view.IsPeerToPeer))
            {
                // The client joins again at once, and opens the new connections before it closes the former ones.
                member.Transport.Close(CloseCode.Restart, "mode changed");
            }
        }

        // Without members, this replica does not know the participants.
        if (meeting.Members.All.Count > 0)
        {
            await UpdateAsync(null).ConfigureAwait(false);
            Show();
        }
    }

    public async Task OnRecoveredAsync()
    {
        await ReadAsync().ConfigureAwait(false);
        await UpdateAsync(null).ConfigureAwait(false);
    }

    private static TopologyMessage Message(MeetingTopology state) => new(state.IsDirect ? Topology.P2p : Topology.Sfu, state.Generation);

    private async Task UpdateAsync(long? failedGeneration)
    {
        _isQueued = false;
        if (meeting.View() is not { } view)
        {
            return;
        }

        if (_state is null)
        {
            await ReadAsync().ConfigureAwait(false);
        }

        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var next = TopologyChoice.Decide(_state!, Input(view, failedGeneration), meeting.Time.GetUtcNow());
            if (ReferenceEquals(next, _state))
            {
                break;
            }

            var written = await bus.TryWriteTopologyAsync(next).ConfigureAwait(false);
            if (written == true)
            {
                _state = next;
                await meeting.PublishAsync(new BusEvent { Kind = BusEventKind.Topology, Text = JsonSerializer.Serialize(next) }).ConfigureAwait(false);
                Show();
                break;
            }

            if (written is null)
            {
                // The bus is unavailable. The SFU works without an agreement with other replicas, and direct connections do not.
                if (!next.IsDirect)
                {
                    _state = next with { Version = _state!.Version };
                    Announce();
                }

                return;
            }

            await ReadAsync().ConfigureAwait(false);
        }

        Announce();
    }

    /// <summary>Reads what the replicas decided. If the bus has lost it, what this replica knows is written again with the next change.</summary>
    private async Task ReadAsync() =>
        _state = await bus.ReadTopologyAsync().ConfigureAwait(false) ?? (_state ?? MeetingTopology.Initial) with { Version = 0 };

    private TopologyInput Input(MeetingView view, long? failedGeneration)
    {
        var participants = meeting.Roster.Entries.ToList();
        return new TopologyInput
        {
            // A meeting with mode P2P never has a media session, and its clients negotiate by themselves.
            Mode = view is { IsPeerToPeer: false, AllowsDirectConnections: true } ? view.Object.Spec.Mode : MeetingMode.Sfu,
            MaxDirectParticipants = view.Object.Spec.P2pMaxParticipants,
            Participants = participants.Count,
            CanAllConnectDirectly = participants.TrueForAll(e => e.Direct),
            FailedGeneration = failedGeneration,
            DirectDelay = timings.DirectDelay,
        };
    }

    /// <summary>Writes the topology into the meeting's status, in the background, if that says something else.</summary>
    private void Show()
    {
        if (_state is not { } state || meeting.View() is not { Object.Status.Topology: { } stored } view)
        {
            return;
        }

        var topology = state.IsDirect || view.IsPeerToPeer ? MediaTopology.P2P : MediaTopology.Sfu;
        var now = meeting.Time.GetUtcNow();
        if (topology == stored || (topology == _shown && now < _showAgainAt))
        {
            return;
        }

        (_shown, _showAgainAt) = (topology, now + StatusRetry);
        _ = writer.SetTopologyAsync(view, topology, meeting.Closed);
    }

    private void Announce()
    {
        if (_state is not { } state || state.Generation == _announced)
        {
            return;
        }

        _announced = state.Generation;
        foreach (var member in meeting.Members.All.Where(m => m.Direct))
        {
            member.Send(Message(state));
        }
    }

    private static MeetingTopology? TryRead(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<MeetingTopology>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
