using MeetOperator.MediaNode.Errors;

namespace MeetOperator.MediaNode.Tunnels;

/// <summary>Limits how many tunnels are open, on the media node, of each tenant and in each room, because their bytes cost more than those of other sessions. Safe for concurrent use.</summary>
internal sealed class TunnelLimits
{
    /// <summary>The maximum number of tunnels of all rooms. A participant has two.</summary>
    public const int MaxOfNode = 200;

    /// <summary>The maximum number of tunnels of one tenant, so that none takes the places of all others.</summary>
    public const int MaxOfTenant = MaxOfNode / 2;

    /// <summary>The maximum number of tunnels of one room.</summary>
    public const int MaxOfRoom = 50;
    private readonly Lock _lock = new();

    /// <summary>The place of each session that has one.</summary>
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Tunnels that are open.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>Takes a place for the tunnel of a session, until the result is disposed. If the session has one already, its former tunnel leaves it to this one. Throws when there is none.</summary>
    /// <param name="session">The session.</param>
    /// <param name="room">Its room.</param>
    /// <param name="tenant">The tenant of the room; null when it is not known.</param>
    public IDisposable Take(string session, string room, string? tenant)
    {
        var place = new Place(this, session, room, tenant);
        lock (_lock)
        {
            if (!_places.ContainsKey(session))
            {
                Check(_places.Count, MaxOfNode, "this media node");
                Check(tenant is null ? 0 : _places.Values.Count(other => other.Tenant == tenant), MaxOfTenant, "this tenant");
                Check(_places.Values.Count(other => other.Room == room), MaxOfRoom, "this room");
            }

            _places[session] = place;
        }

        return place;
    }

    private static void Check(int open, int limit, string of)
    {
        if (open >= limit)
        {
            throw ControlProblemException.TooManyTunnels(limit, of);
        }
    }

    private void Return(Place place)
    {
        lock (_lock)
        {
            if (_places.GetValueOrDefault(place.Session) == place)
            {
                _places.Remove(place.Session);
            }
        }
    }

    private sealed class Place(TunnelLimits limits, string session, string room, string? tenant) : IDisposable
    {
        public string Session => session;

        public string Room => room;

        public string? Tenant => tenant;

        public void Dispose() => limits.Return(this);
    }
}
