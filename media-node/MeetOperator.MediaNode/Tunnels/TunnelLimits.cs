using MeetOperator.MediaNode.Errors;

namespace MeetOperator.MediaNode.Tunnels;

/// <summary>Limits how many tunnels are open, on the media node and in each room, because their bytes cost more than those of other sessions. Safe for concurrent use.</summary>
internal sealed class TunnelLimits
{
    /// <summary>Tunnels of all rooms. A participant has two.</summary>
    public const int MaxOfNode = 200;

    /// <summary>Tunnels of one room.</summary>
    public const int MaxOfRoom = 50;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _ofRooms = new(StringComparer.Ordinal);

    /// <summary>Tunnels that are open.</summary>
    public int Open { get; private set; }

    /// <summary>Takes a place, until the result is disposed. Throws when there is none.</summary>
    public IDisposable Take(string room)
    {
        lock (_lock)
        {
            var ofRoom = _ofRooms.GetValueOrDefault(room);
            if (Open >= MaxOfNode)
            {
                throw ControlProblemException.TooManyTunnels(MaxOfNode, "this media node");
            }

            if (ofRoom >= MaxOfRoom)
            {
                throw ControlProblemException.TooManyTunnels(MaxOfRoom, "this room");
            }

            _ofRooms[room] = ofRoom + 1;
            Open++;
        }

        return new Place(this, room);
    }

    private void Return(string room)
    {
        lock (_lock)
        {
            Open--;
            if (--_ofRooms[room] == 0)
            {
                _ofRooms.Remove(room);
            }
        }
    }

    private sealed class Place(TunnelLimits limits, string room) : IDisposable
    {
        private bool _isReturned;

        public void Dispose()
        {
            if (!_isReturned)
            {
                _isReturned = true;
                limits.Return(room);
            }
        }
    }
}
