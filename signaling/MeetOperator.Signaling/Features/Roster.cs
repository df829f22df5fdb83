using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Features;

/// <summary>The participants that this replica has announced to its clients. Compared with presence, it yields the messages to send.</summary>
internal sealed class Roster
{
    private readonly Dictionary<string, PresenceEntry> _entries = new(StringComparer.Ordinal);

    public IEnumerable<PresenceEntry> Entries => _entries.Values.OrderBy(e => e.Since).ThenBy(e => e.ParticipantId, StringComparer.Ordinal);

    /// <summary>All participants without a socket, whichever replica admitted them.</summary>
    public IReadOnlyList<PresenceEntry> Shared => [.. Entries.Where(e => e.IsShared)];

    public PresenceEntry? Find(string participantId) => _entries.GetValueOrDefault(participantId);

    /// <summary>
    /// Applies the current presence entries and returns the messages to send. With <paramref name="keepMissing"/>, participants without an entry are kept.
    /// </summary>
    public IReadOnlyList<ServerMessage> Update(IReadOnlyList<PresenceEntry> present, bool keepMissing)
    {
        var messages = new List<ServerMessage>();
        var connected = present.Where(e => e.Connected).ToDictionary(e => e.ParticipantId, StringComparer.Ordinal);
        if (!keepMissing)
        {
            foreach (var missing in _entries.Keys.Where(id => !connected.ContainsKey(id)).ToList())
            {
                messages.AddRange(Remove(missing, "timeout"));
            }
        }

        foreach (var entry in present.Where(e => e.Connected))
        {
            if (!_entries.TryGetValue(entry.ParticipantId, out var old))
            {
                messages.Add(new ParticipantJoinedMessage(Info(entry)));
            }
            else
            {
                if (entry.IdentityKey is { } key && key != old.IdentityKey)
                {
                    messages.Add(new E2eeIdentityMessage(entry.ParticipantId, key));
                }

                if (old.Audio != entry.Audio || old.Video != entry.Video)
                {
                    messages.Add(new MediaUpdateMessage(entry.ParticipantId, entry.Audio, entry.Video));
                }
            }

            _entries[entry.ParticipantId] = entry;
        }

        return messages;
    }

    /// <summary>Removes a participant. Returns the message to send, or none if it was already removed.</summary>
    public IReadOnlyList<ServerMessage> Remove(string participantId, string reason) =>
        _entries.Remove(participantId) ? [new ParticipantLeftMessage(participantId, reason)] : [];

    public static ParticipantInfo Info(PresenceEntry entry) =>
        new(entry.ParticipantId, entry.DisplayName, entry.Audio, entry.Video, RoleOf(entry.Role), entry.IdentityKey);

    public static ParticipantRole RoleOf(string name) => WireName.TryParse<ParticipantRole>(name, out var role) ? role : ParticipantRole.Participant;
}
