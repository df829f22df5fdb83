using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// The addresses of the other end of a link, and the one in use. While the link does not work, each datagram goes to another one, because only an answer shows which of them work in
/// both directions. The source addresses of received datagrams have no effect.
/// </summary>
/// <param name="random">
/// Chooses the order. A fixed one could go along with the order in which a handshake tries its secrets, so that one of them is never sent to one of the addresses.
/// </param>
internal sealed class LinkAddresses(Random random)
{
    private TransportAddress[] _addresses = [];
    private int _next;

    public TransportAddress Current { get; private set; }

    /// <summary>Replaces the addresses, the preferred one first. The one in use stays in use if it is among them. Throws when there is none.</summary>
    public void Replace(IReadOnlyList<TransportAddress> addresses)
    {
        if (addresses.Count == 0)
        {
            throw new ArgumentException("A link needs at least one address of the other end.", nameof(addresses));
        }

        _addresses = [.. addresses];
        _next = 0;
        Current = addresses.Contains(Current) ? Current : addresses[0];
    }

    /// <summary>Takes the address for the next datagram of a link that does not work: each once, and then all of them again in a new order.</summary>
    public void MoveNext()
    {
        Current = _addresses[_next++];
        if (_next == _addresses.Length)
        {
            random.Shuffle(_addresses);
            _next = 0;
        }
    }
}
