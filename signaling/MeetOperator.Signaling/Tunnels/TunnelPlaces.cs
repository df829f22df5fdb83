using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Errors;

namespace MeetOperator.Signaling.Tunnels;

/// <summary>Limits how many tunnels are open on this replica: of one participant, of one meeting, of one tenant, and in total. Thread-safe.</summary>
internal sealed class TunnelPlaces(TimeProvider time)
{
    /// <summary>A participant has one to send and one to receive, and twice as many while they are replaced.</summary>
    public const int MaxOfParticipant = 4;
    public const int MaxOfMeeting = 50;
    public const int MaxOfServer = 400;

    /// <summary>No tenant takes the places of all others.</summary>
    public const int MaxOfTenant = MaxOfServer / 2;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>The pace of each participant that has a tunnel, or had one until a moment ago: otherwise, who opens others would be faster.</summary>
    private readonly Dictionary<string, TunnelPace> _paces = new(StringComparer.Ordinal);

    /// <summary>Takes a place, until the result is disposed. Throws when there is none.</summary>
    public TunnelPlace Take(MeetingKey meeting, string participantId)
    {
        var participant = $"{meeting}/{participantId}";
        (string Key, int Limit, string Of)[] counted =
        [
            (participant, MaxOfParticipant, "this participant"), ($"{meeting}", MaxOfMeeting, "this meeting"), ($"tenant {meeting.Tenant}", MaxOfTenant, "this tenant"),
            (string.Empty, MaxOfServer, "this server"),
        ];
        lock (_lock)
        {
            foreach (var (key, limit, of) in counted)
            {
                if (_open.GetValueOrDefault(key) >= limit)
                {
                    throw ProblemException.TooMany($"The limit of {limit} tunnels of {of} is reached. Try again later.");
                }
            }

            foreach (var (key, _, _) in counted)
            {
                _open[key] = _open.GetValueOrDefault(key) + 1;
            }

            return new TunnelPlace(PaceOf(participant), () => Return([.. counted.Select(one => one.Key)]));
        }
    }

    private TunnelPace PaceOf(string participant)
    {
        var now = time.GetElapsedTime(0).Ticks;
        foreach (var (other, pace) in _paces)
        {
            if (!_open.ContainsKey(other) && pace.IsRested(now))
            {
                _paces.Remove(other);
            }
        }

        return _paces.TryGetValue(participant, out var known) ? known : _paces[participant] = new TunnelPace();
    }

    private void Return(string[] keys)
    {
        lock (_lock)
        {
            foreach (var key in keys)
            {
                if (--_open[key] == 0)
                {
                    _open.Remove(key);
                }
            }
        }
    }
}
